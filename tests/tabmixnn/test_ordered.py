"""Ordinal outcomes have the order that their user gave them, or none."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN
from tabmixnn.ordered import ordered_codes

LEVELS = ["low", "mid", "high"]
OPTIONS = {"family": "ordinal", "lr": 0.05, "epochs": 30, "random_state": 0}


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    x = rng.normal(size=150)
    place = np.digitize(x + 0.3 * rng.normal(size=150), [-0.5, 0.5])
    grade = pd.Categorical.from_codes(place, [*LEVELS, "never"], ordered=True)
    frame = pd.DataFrame({"x": x, "g": np.arange(150) % 10, "grade": grade, "place": place})
    return frame.assign(text=frame["grade"].astype(str))


@pytest.mark.parametrize("response", ["grade", 'ordered(text, levels = c("low", "mid", "high"))'])
def test_a_column_keeps_its_order(response, data):
    model = TabMixNN(f"{response} ~ x + (1 | g)", **OPTIONS).fit(data)
    by_number = TabMixNN("place ~ x + (1 | g)", **OPTIONS).fit(data)
    assert model.levels_ == LEVELS
    assert by_number.levels_ is None
    np.testing.assert_array_equal(model.predict(data), by_number.predict(data))
    found = model.predict(data, kind="class")
    np.testing.assert_array_equal(found, np.array(LEVELS)[model.predict(data).argmax(axis=1)])
    np.testing.assert_array_equal(
        by_number.predict(data, kind="class"), pd.Categorical(found, LEVELS).codes
    )
    assert (found == data["text"]).mean() > 0.6


@pytest.mark.parametrize("formula", [None, "~ x"])
def test_classes_given_apart_keep_their_order(formula, data, tmp_path):
    X = data[["x"]]
    model = TabMixNN(formula, **OPTIONS).fit(X, data["grade"])
    by_number = TabMixNN(formula, **OPTIONS).fit(X, data["place"])
    assert model.levels_ == LEVELS
    np.testing.assert_array_equal(model.predict(X), by_number.predict(X))
    model.save(tmp_path / "model.tmx")
    loaded = TabMixNN.load(tmp_path / "model.tmx")
    found = loaded.predict(X, kind="class")
    np.testing.assert_array_equal(found, model.predict(X, kind="class"))
    assert set(found) <= set(LEVELS)


@pytest.mark.parametrize("formula", ["size ~ x", "~ x", None])
def test_classes_that_are_numbers_come_back_as_numbers(formula, data):
    size = pd.Categorical(np.array([10, 2, 1])[data["place"]], [10, 2, 1], ordered=True)
    if formula == "size ~ x":
        model = TabMixNN(formula, **OPTIONS).fit(data.assign(size=size))
    else:
        model = TabMixNN(formula, **OPTIONS).fit(data[["x"]], size)
    assert model.levels_ == [10, 2, 1]
    assert set(model.predict(data[["x"]], kind="class").tolist()) <= {10, 2, 1}


@pytest.mark.parametrize("as_category", [False, True])
def test_text_and_unordered_categories_are_refused(as_category, data):
    text = data["text"].astype("category") if as_category else data["text"]
    message = "have no order, which an ordinal model needs; make .* an ordered Categorical"
    with pytest.raises(ValueError, match=f"^The classes of 'text' {message}"):
        TabMixNN("text ~ x", **OPTIONS).fit(data.assign(text=text))
    for formula in ("~ x", None):
        with pytest.raises(ValueError, match=f"^The classes of y {message}"):
            TabMixNN(formula, **OPTIONS).fit(data[["x"]], text)


def test_booleans_and_whole_floats_have_an_order(data):
    model = TabMixNN("passed ~ x", **OPTIONS).fit(data.assign(passed=data["place"] > 0))
    assert model.levels_ == [False, True]
    assert model.predict(data, kind="class").dtype == bool
    floats = TabMixNN("place ~ x", **OPTIONS).fit(data.astype({"place": float}))
    assert floats.predict(data).shape == (150, 3)


def test_rows_left_out_have_no_classes(data):
    X = data[["x"]].assign(x=data["x"].where(data["grade"] != "mid"))
    grade = data["grade"].where(data["grade"] != "mid")
    for y in (data["grade"], grade):
        model = TabMixNN("~ x", na_action="omit", **OPTIONS).fit(X, y)
        assert model.levels_ == ["low", "high"]
        assert model.predict(data).shape == (150, 2)


def test_further_rows_have_the_classes_of_the_first(data):
    model = TabMixNN("~ x", **OPTIONS).fit(data, data["grade"])
    upper = data[data["grade"] != "low"]
    model.fit(upper, upper["grade"], warm_start=True)
    assert model.levels_ == LEVELS
    with pytest.raises(ValueError, match="There is a class 'never' that the model was not"):
        model.fit(data, data["grade"].replace({"low": "never"}), warm_start=True)
    assert model.levels_ == LEVELS


def test_codes_of_ordered_classes():
    y = pd.Categorical(["b", "a", "b"], ["c", "b", "a"], ordered=True)
    codes, levels = ordered_codes(y)
    assert (codes.tolist(), levels) == ([0, 1, 0], ["b", "a"])
    assert ordered_codes(y, ["c", "b", "a"])[0].tolist() == [1, 2, 1]
    codes, levels = ordered_codes(pd.DataFrame({"y": y}), rows=np.array([0, 2]))
    assert (codes.tolist(), levels) == ([0, 0], ["b"])
    codes, levels = ordered_codes([1, 0, 2], rows=np.array([0, 2]))
    assert (codes.tolist(), levels) == ([1, 2], None)
    with pytest.raises(ValueError, match="has 1 missing values"):
        ordered_codes(pd.Categorical(["a", None], ["a"], ordered=True))


def test_classes_have_no_intervals(data):
    model = TabMixNN("grade ~ x", **OPTIONS).fit(data)
    with pytest.raises(ValueError, match="kind='class' gives the class of one outcome"):
        model.predict(data, kind="class", interval=0.9)


def test_classes_have_no_fitted_values(data):
    model = TabMixNN("grade ~ x", **OPTIONS).fit(data)
    with pytest.raises(ValueError, match=r"not one number in the ordinal family, so .* predict"):
        model.fitted(data)
