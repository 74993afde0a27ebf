"""Grown models in files, copies and fits made again are the same to the last digit."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tests.tabmixnn.inference.additive.grown import FORMULA, every_prediction, grow

pytestmark = pytest.mark.usefixtures("two_folds")


def assert_same(first, second, rows):
    for one, other in zip(
        every_prediction(first, rows), every_prediction(second, rows), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(first.terms_, second.terms_, check_exact=True)
    pd.testing.assert_frame_equal(first.history_, second.history_, check_exact=True)
    one, other = first.summary(), second.summary()
    assert str(one) == str(other)
    for table in ("fixed", "random", "fit"):
        expected, found = getattr(one, table), getattr(other, table)
        pd.testing.assert_frame_equal(expected, found, check_exact=True)


def test_saved_models_are_the_same(model, data, tmp_path):
    path = tmp_path / "model"
    model.save(path)
    again = type(model).load(path)
    assert again.inference_ == "auto"
    assert_same(model, again, data)


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deep", "pickle"],
)
def test_copies_are_the_same(models, data, copied):
    for family in ("gaussian", "binomial"):
        assert_same(models[family], copied(models[family]), data)


def test_same_seed_same_numbers(models, data):
    again = grow(TabMixNNRegressor, f"y {FORMULA}", data)
    assert_same(models["gaussian"], again, data)


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("cbind(hits, misses) ~ x + (1 | g)", "binomial"),
        ("hits ~ x + (1 | g)", "negative_binomial"),
    ],
)
def test_counts_are_fitted_too(data, formula, family, tmp_path):
    rng = np.random.default_rng(3)
    share = 1.0 / (1.0 + np.exp(-data["y"]))
    rows = data.assign(hits=rng.binomial(10, share), misses=lambda d: 10 - d["hits"])
    model = grow(TabMixNN, formula, rows, family=family)
    assert model.inference_ == "auto"
    assert np.corrcoef(model.predict(rows), share)[0, 1] > 0.8
    model.save(tmp_path / "model")
    assert_same(model, TabMixNN.load(tmp_path / "model"), rows)
