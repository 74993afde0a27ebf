"""Numbers that a file was read as text: they would be categories, each with its own effect."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor

SAID = "Column 'x' is text, and each of its .* categories has an effect of its own"


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=300).round(1), "z": rng.normal(size=300)})
    data["g"] = rng.integers(0, 40, 300).astype(str)
    data["y"] = data["x"] + 0.3 * rng.normal(size=300)
    return data.astype({"x": str})


def fit(formula, data):
    return TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(data)


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize("formula", ["y ~ x + (1 | g)", "y ~ x:z", "y ~ . + (1 | g)"])
def test_it_is_said(rows, formula):
    with pytest.warns(UserWarning, match=SAID):
        fit(formula, rows)


def test_it_is_said_without_a_formula(rows):
    model = TabMixNNRegressor(inference="variational", epochs=1)
    with pytest.warns(UserWarning, match=SAID):
        model.fit(rows[["x", "z"]], rows["y"])


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize(
    ("formula", "change"),
    [
        ("y ~ x", {"x": "category"}),
        ("y ~ x", {"x": float}),
        ("y ~ factor(x)", {}),
        ("y ~ z + (1 | x)", {}),
        ("y ~ z + (1 | g)", {}),
    ],
)
def test_categories_that_are_meant_are_not_warned_of(rows, formula, change):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=SAID)
        fit(formula, rows.astype(change))


def test_groups_that_are_numbers_are_not_text(rows):
    numbers = rows.assign(x=pd.to_numeric(rows["x"]))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=SAID)
        fit("y ~ z + x + (1 | x)", numbers)
        fit("y ~ . - x + (1 | x)", numbers)


def test_words_and_few_numbers_are_not_warned_of(rows):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Column '.' is text")
        fit("y ~ x", rows.assign(x="u" + rows["x"]))
        fit("y ~ x", rows.assign(x=(np.arange(300) % 20).astype(str)))
