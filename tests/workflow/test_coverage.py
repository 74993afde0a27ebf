"""The coverage of intervals, measured on a dataset of the registry."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixbench import coverage
from tabmixbench.prepare import prepare
from tabmixbench.registry import load_registry
from tabmixbench.sources import fetch
from tabmixbench.splits import make_splits


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    dataset = load_registry("config/datasets.yaml")["sleepstudy"]
    raw = tmp_path_factory.mktemp("data") / "raw.parquet"
    fetch(dataset, raw)
    data = prepare(raw, dataset, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "MODELS", {"mixed model": coverage.MODELS["mixed model"]})
        return coverage.coverage(data, dataset, 1)


def test_every_method_and_level_on_both_protocols(found):
    counts = found.groupby(["protocol", "method"]).size()
    assert set(counts.index) == {(p, m) for p in coverage.PROTOCOLS for m in coverage.METHODS}
    assert (counts == coverage.SPLITS * len(coverage.LEVELS)).all()
    assert found["coverage"].between(0, 1).all()
    some = found[(found["protocol"] == "rows") | (found["method"] != "recipe")]
    keys = ["protocol", "split", "method"]
    widths = some.pivot_table(index=keys, columns="level", values="width")
    wider = widths.diff(axis=1).iloc[:, 1:]
    assert (wider > 0).all(axis=None)


def test_the_recipe_covers_too_little_and_no_new_group_at_all(found):
    mean = found.groupby(["protocol", "method"])["coverage"].mean()
    assert mean["groups", "recipe"] == 0
    assert mean["rows", "recipe"] < mean["rows", "default"] - 0.1


def test_the_splits_are_not_those_that_models_are_compared_on():
    dataset = load_registry("config/datasets.yaml")["sleepstudy"]
    data = pd.DataFrame({"Subject": np.repeat(np.arange(18), 10), "Reaction": 0.0, "Days": 1})
    own, compared = coverage.coverage_splits(data, dataset, 1), make_splits(data, dataset, 1)
    assert list(own) == list(compared)
    others = compared.to_numpy()
    assert not any((test[:, None] == others).all(axis=0).any() for test in own.values())
    new = np.array([test for name, test in own.items() if name.startswith("groups")])
    assert (new.sum(axis=0) == 1).all()
    many = pd.concat([data] * 60, ignore_index=True)
    assert list(coverage.coverage_splits(many, dataset, 1)) == ["rows_0", "groups_0"]


def test_the_table_averages_over_sets_and_says_how_far_off_the_default_is(found):
    other = found.assign(dataset="other", coverage=1.0)
    default = (found["protocol"] == "rows") & (found["method"] == "default")
    missing = found[default].assign(dataset="none", coverage=np.nan, reason="too few rows")
    table = coverage.coverage_table(pd.concat([found, other, missing]))
    text = table.markdown()
    assert "points from nominal" in text
    assert "none, mixed model, known groups, own: too few rows" in text
    share = found[default & (found["level"] == 0.9)]["coverage"].mean()
    expected = (share + 1) / 2
    heads = ["mean of 2", "mixed model", "known groups", "own"]
    row = next(r for r in table.rows if [text.value for text in r[:4]] == heads)
    assert float(row[6].value) == pytest.approx(100 * expected, abs=0.06)


def test_where_the_rows_left_are_of_one_group_the_reason_is_given(tmp_path):
    dataset = load_registry("config/datasets.yaml")["sleepstudy"]
    fetch(dataset, tmp_path / "raw.parquet")
    data = prepare(tmp_path / "raw.parquet", dataset, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "MODELS", {"network": {"inference": "variational", "epochs": 1}})
        last = data["Subject"] == data["Subject"].iloc[-1]
        patch.setattr(coverage, "coverage_splits", lambda *_: {"groups_0": last.to_numpy()})
        patch.setattr(coverage, "_held_out", all_but_one_subject)
        found = coverage.coverage(data, dataset, 1)
    conformal = found[found["method"] == "conformal"]
    assert conformal["coverage"].isna().all()
    assert conformal["reason"].str.contains("a single level").all()
    assert (found.loc[found["method"] == "default", "reason"] == "").all()


def all_but_one_subject(train, *_):
    return (train["Subject"] != train["Subject"].iloc[0]).to_numpy()
