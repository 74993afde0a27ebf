"""Columns of many categories: numbers that a file was read as text, and what is a group."""

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


SLIP = r"all but 1 of its 300 values are numbers, the first of the others '\?'"


@pytest.mark.parametrize("values", [150, 8])
def test_one_bad_cell_among_numbers(rows, values):
    texts = pd.Series(np.arange(300) % values).astype(str)
    texts[7] = "?"
    with pytest.warns(UserWarning, match=SLIP):
        fit("y ~ x", rows.assign(x=texts))


def test_one_bad_cell_is_told_where_the_fit_is_refused(rows):
    texts = pd.Series(np.arange(300)).astype(str)
    texts[7] = "?"
    with pytest.warns(UserWarning, match=SLIP), pytest.raises(ValueError, match=r"rank|rows"):
        fit("y ~ x", rows.assign(x=texts))


def test_codes_with_letters_are_not_slips(rows):
    codes = pd.Series(np.arange(300) % 20).map(lambda k: f"{k}a" if k % 4 == 0 else str(k))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Column '.' is text")
        fit("y ~ x", rows.assign(x=codes))


CITIES = "'city' has 90 categories in 300 rows, .* as a group, .1 . city. in the formula"


@pytest.fixture
def cities(rows):
    """Ninety cities of three or four rows."""
    city = np.random.default_rng(1).permutation(np.arange(300) % 90)
    effect = np.random.default_rng(2).normal(size=90)[city]
    names = pd.Series(city).map("c{}".format)
    data = rows.drop(columns="x").assign(city=names, y=rows["z"] + effect)
    return data.assign(y=data["y"] + np.random.default_rng(3).normal(size=300))


def test_many_rare_categories_are_a_group(cities):
    train, test = cities[:225], cities[225:]
    with pytest.warns(UserWarning, match="'city' has"):
        free = TabMixNNRegressor("y ~ z + city", random_state=0).fit(train)
    grouped = TabMixNNRegressor("y ~ z + (1 | city)", random_state=0).fit(train)
    lost = ((free.predict(test) - test["y"]) ** 2).mean()
    assert ((grouped.predict(test) - test["y"]) ** 2).mean() < lost


def test_it_is_said_of_columns_too(cities):
    with pytest.warns(UserWarning, match=CITIES):
        TabMixNNRegressor(random_state=0).fit(cities[["city", "z"]], cities["y"])


@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("y ~ z + (1 | city)", {}),
        ("y ~ city", {"inference": "marginal", "hidden_dims": []}),
    ],
)
def test_groups_and_models_that_are_asked_for_are_left_alone(cities, formula, options):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*categories in 300 rows")
        TabMixNNRegressor(formula, random_state=0, **options).fit(cities)
