"""Splits: sizes, strata, known groups, whole groups left out, and the seed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixbench.prepare import prepare
from tabmixbench.registry import load_registry
from tabmixbench.sources import fetch
from tabmixbench.splits import TEST_SHARE, codes, group_folds, make_splits, quotas, row_split
from tabmixbench.streams import stream
from tabmixbench.tables.results import TEST_TO_TRAIN

REGISTRY = load_registry(Path(__file__).resolve().parents[2] / "config" / "datasets.yaml")
NAMES = list(REGISTRY)


def test_tests_take_splits_to_have_the_share_that_they_have():
    assert pytest.approx(TEST_SHARE / (1 - TEST_SHARE)) == TEST_TO_TRAIN


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A function from the name of a dataset to its prepared rows and its splits."""
    folder, cache = tmp_path_factory.mktemp("raw"), {}

    def make(name):
        if name not in cache:
            raw = folder / f"{name}.parquet"
            fetch(REGISTRY[name], raw)
            data = prepare(raw, REGISTRY[name], seed=1)
            cache[name] = data, make_splits(data, REGISTRY[name], seed=1)
        return cache[name]

    return make


@pytest.mark.parametrize("name", NAMES)
def test_row_splits_are_a_fifth_and_differ(made, name):
    data, splits = made(name)
    rows = splits.filter(like="rows_")
    assert list(rows) == [f"rows_{k}" for k in range(5)]
    assert (rows.dtypes == "bool").all()
    assert (rows.sum() == round(0.2 * len(data))).all()
    assert all(not rows["rows_0"].equals(rows[f"rows_{k}"]) for k in range(1, 5))


@pytest.mark.parametrize("name", NAMES)
def test_training_knows_every_level_that_has_two_rows(made, name):
    data, splits = made(name)
    dataset = REGISTRY[name]
    for column in (*dataset.groups, *dataset.categorical):
        counts = data[column].value_counts()
        repeated = set(counts.index[counts >= 2])
        for split in splits.filter(like="rows_"):
            assert repeated <= set(data.loc[~splits[split], column])


@pytest.mark.parametrize("name", [n for n in NAMES if REGISTRY[n].task == "binary"])
def test_classes_are_stratified_and_every_test_set_has_both(made, name):
    data, splits = made(name)
    y = data[REGISTRY[name].target]
    for split in splits.filter(like="rows_"):
        assert abs(y[splits[split]].sum() - 0.2 * y.sum()) <= 1
    for split in splits:
        assert y[splits[split]].nunique() == 2
        assert y[~splits[split]].nunique() == 2


@pytest.mark.parametrize("name", NAMES)
def test_every_group_is_left_out_exactly_once_and_whole(made, name):
    data, splits = made(name)
    folds = splits.filter(like="groups_")
    groups = REGISTRY[name].groups
    if not groups:
        assert folds.empty
        return
    levels = data[groups[0]]
    assert folds.shape[1] == min(5, levels.nunique())
    assert (folds.sum(axis=1) == 1).all()
    for fold in folds:
        assert set(levels[folds[fold]]).isdisjoint(levels[~folds[fold]])


def test_the_seed_decides_and_the_dataset_enters(made):
    data, splits = made("sleepstudy")
    dataset = REGISTRY["sleepstudy"]
    pd.testing.assert_frame_equal(splits, make_splits(data, dataset, seed=1))
    assert not splits.equals(make_splits(data, dataset, seed=2))


def test_more_row_splits_leave_the_first_ones_alone(made):
    data, splits = made("Milk")
    more = make_splits(data, REGISTRY["Milk"], seed=1, rows=7, groups=0)
    assert list(more) == [f"rows_{k}" for k in range(7)]
    pd.testing.assert_frame_equal(more.iloc[:, :5], splits.filter(like="rows_"))


def test_a_variant_is_split_like_its_main_entry(made):
    _, main = made("Aids2")
    _, variant = made("Aids2_diag")
    pd.testing.assert_frame_equal(main, variant)


@settings(deadline=None, max_examples=60)
@given(
    groups=st.lists(st.integers(0, 12), min_size=5, max_size=80),
    seed=st.integers(0, 2**16),
)
def test_row_split_never_takes_the_last_row_of_a_repeated_level(groups, seed):
    factor = codes(pd.Series(groups))
    test = row_split(np.zeros(len(groups)), [factor], stream(seed, "property"))
    count, trained = np.bincount(factor), np.bincount(factor[~test], minlength=factor.max() + 1)
    assert (trained[count >= 2] >= 1).all()
    assert test.sum() <= round(0.2 * len(groups))


def test_row_split_is_smaller_where_levels_leave_too_few_rows():
    pairs = np.repeat(np.arange(5), 2)
    test = row_split(np.zeros(10), [pairs], stream(1, "pairs"), share=0.8)
    assert test.sum() == 5


def test_rows_are_drawn_evenly():
    factor = np.repeat(np.arange(20), 5)
    drawn = sum(row_split(np.zeros(100), [factor], stream(k, "even")) for k in range(500))
    # Binomial(500, 0.2): mean 100, standard deviation 9.
    assert abs(drawn.mean() - 100) < 1e-9
    assert drawn.min() > 60
    assert drawn.max() < 140


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_quotas_sum_to_the_share_and_stay_proportional(counts):
    counts = np.array(counts)
    quota = np.array(quotas(counts, 0.2))
    assert quota.sum() == round(0.2 * int(counts.sum()))
    assert (np.abs(quota - 0.2 * counts) <= 1).all()


def test_folds_are_balanced_by_rows():
    sizes = np.random.default_rng(0).integers(1, 40, 200)
    fold = group_folds(np.repeat(np.arange(200), sizes), 5, stream(1, "folds"))
    filled = np.bincount(fold)
    assert filled.max() - filled.min() <= sizes.max()


def test_streams_differ_by_seed_and_purpose():
    draws = {stream(seed, *to).random() for seed in (1, 2) for to in [("a",), ("b",), ("a", 0)]}
    assert len(draws) == 6
