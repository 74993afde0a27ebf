"""Calibration of probabilities, of rows of one trial and of several."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.interpret.reliability import reliability


@pytest.fixture(scope="module")
def counts():
    """400 rows of five to twenty trials, in ten groups."""
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"g": rng.integers(0, 10, 400).astype(str), "x": rng.normal(size=400)})
    data["trials"] = rng.integers(5, 20, 400)
    shift = rng.normal(size=10)[data["g"].astype(int)]
    data["hits"] = rng.binomial(data["trials"], 1.0 / (1.0 + np.exp(-data["x"] - shift)))
    return data.assign(
        misses=data["trials"] - data["hits"], share=data["hits"] / data["trials"]
    ).set_index(np.arange(1000, 1400))


@pytest.fixture(
    scope="module",
    params=[
        ("cbind(hits, misses) ~ x + (1 | g)", None),
        ("share ~ x + (1 | g)", "trials"),
    ],
    ids=["two columns", "shares"],
)
def model(request, counts):
    formula, weights = request.param
    options = {"family": "binomial", "inference": "marginal", "hidden_dims": []}
    return TabMixNN(formula, weights=weights, **options).fit(counts)


def test_what_is_counted_are_trials(model, counts):
    table = model.reliability(counts, bins=4)
    assert table["n"].sum() == counts["trials"].sum()
    assert (table["observed"] * table["n"]).sum() == pytest.approx(counts["hits"].sum())
    np.testing.assert_allclose(table["observed"], table["predicted"], atol=0.03)
    assert ((table["lower"] < table["observed"]) & (table["observed"] < table["upper"])).all()


@pytest.mark.parametrize("sizes", [(95, 5), (5, 95), (3, 90, 7), (50, 1, 49), (100,)])
def test_ties_merge_no_probabilities_that_differ(sizes):
    probability = np.repeat(np.linspace(0.1, 0.9, len(sizes)), sizes)
    table = reliability(probability > 0.5, probability)
    assert table["n"].tolist() == list(sizes)
    np.testing.assert_allclose(table["predicted"], np.unique(probability))


@pytest.mark.parametrize(("n", "bins"), [(100, 10), (103, 10), (7, 10), (50, 1), (12, 12)])
def test_bins_are_as_equal_as_can_be(n, bins):
    probability = np.random.default_rng(0).uniform(size=n)
    found = reliability(probability > 0.5, probability, bins=bins)["n"]
    assert len(found) == min(n, bins)
    assert found.sum() == n
    assert np.ptp(found) <= 1


def test_rows_of_trials_are_rows_of_one_trial(model, counts):
    """A row of h hits and m misses counts as h + m rows."""
    table = model.reliability(counts, bins=1)
    happened = np.repeat(np.tile([1, 0], 400), counts[["hits", "misses"]].to_numpy().ravel())
    probability = np.repeat(np.asarray(model.predict(counts)), counts["trials"])
    pd.testing.assert_frame_equal(table, reliability(happened, probability, bins=1))


def test_residuals_are_responses_less_fitted_values(model, counts):
    residuals, fitted = model.residuals(), model.fitted()
    assert residuals.index.equals(counts.index)
    np.testing.assert_allclose(residuals + fitted, counts["share"])
    np.testing.assert_allclose(model.residuals(counts), residuals)
    np.testing.assert_allclose(fitted, model.predict(counts))
    deviation = np.sqrt(fitted * (1.0 - fitted) / counts["trials"])
    np.testing.assert_allclose(model.residuals(kind="pearson"), residuals / deviation)


@pytest.mark.parametrize("column", ["ill", "x", "g"])
@pytest.mark.parametrize(
    "make", [TabMixNNClassifier, partial(TabMixNN, family="binomial")], ids=["labels", "levels"]
)
def test_rows_are_left_out_where_fit_leaves_them_out(make, column, counts):
    data = counts.assign(ill=np.where(counts["share"] > 0.5, "yes", "no"))
    data[column] = data[column].mask(np.arange(400) % 9 == 0)
    options = {"inference": "marginal", "hidden_dims": [], "na_action": "omit"}
    model = make("ill ~ x + (1 | g)", **options).fit(data)
    complete = data.dropna()
    expected = model.reliability(complete)
    pd.testing.assert_frame_equal(model.reliability(data), expected)
    assert expected["n"].sum() == len(complete)
    model.plot_calibration(data)


def test_kinds_of_residuals(model):
    with pytest.raises(ValueError, match="kind must be one of"):
        model.residuals(kind="working")
