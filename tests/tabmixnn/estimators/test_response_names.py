"""Responses whose names are no words: with dots, or in backticks."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.model_selection import cross_val_predict, cross_val_score

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
NAMES = pytest.mark.parametrize(
    ("name", "written"), [("y.ms", "y.ms"), ("the y", "`the y`"), ("log(y)", "`log(y)`")]
)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    g, x = np.arange(120) % 12, rng.normal(size=120)
    y = x + rng.normal(size=12)[g] + rng.normal(size=120)
    return pd.DataFrame({"x": x, "g": g, "y": y, "c": np.where(y > 0, "pos", "neg")})


@NAMES
def test_numbers(name, written, rows):
    data = rows.rename(columns={"y": name})
    model = TabMixNNRegressor(f"{written} ~ x + (1 | g)", **EXACT)
    expected = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(rows).fixef()
    for given in ((data,), (data, data[name]), (data[["x", "g"]], data[name])):
        assert_array_equal(model.fit(*given).fixef(), expected)
    scores = [cross_val_score(model, X, data[name], cv=3) for X in (data, data[["x", "g"]])]
    assert_array_equal(*scores)


@NAMES
@pytest.mark.parametrize("options", [EXACT, {}], ids=["exact", "auto"])
def test_classes(name, written, options, rows):
    data = rows.rename(columns={"c": name})
    model = TabMixNNClassifier(f"{written} ~ x + (1 | g)", random_state=0, **options)
    for given in ((data,), (data[["x", "g"]], data[name])):
        model.fit(*given)
        assert list(model.classes_) == ["neg", "pos"]
        assert (model.predict(data) == data[name]).mean() > 0.6


@NAMES
def test_ordered_classes(name, written, rows):
    levels = pd.cut(rows.y, [-9, -1, 1, 9], labels=["low", "mid", "high"])
    data = rows.assign(**{name: levels})[["x", "g", name]]
    model = TabMixNN(f"{written} ~ x", family="ordinal", epochs=1, random_state=0).fit(data)
    assert model.levels_ == ["low", "mid", "high"]


def test_classes_that_scikit_learn_numbers(rows):
    model = TabMixNNClassifier("c ~ x + (1 | g)", **EXACT)
    options = {"cv": 3, "method": "predict_proba"}
    assert cross_val_predict(model, rows[["x", "g"]], rows.c, **options).shape == (120, 2)
    with pytest.raises(ValueError, match="leave the column out of the data"):
        cross_val_predict(model, rows, rows.c, **options)


@pytest.mark.parametrize("kept", ["int64", "Int64", "boolean", "Float64", "float32"])
@pytest.mark.parametrize("given", ["kept", "int64", "float64", "bool"])
def test_the_column_itself_is_no_other_response_however_it_is_stored(kept, given, rows):
    values = (rows.y > 0).astype(int)
    data = rows.assign(pos=values.astype("bool" if kept == "boolean" else "int64").astype(kept))
    y = data["pos"] if given == "kept" else values.astype(given)
    model = TabMixNNClassifier("pos ~ x + (1 | g)", **EXACT)
    expected = model.fit(data).fixef()
    assert_array_equal(model.fit(data, y).fixef(), expected)
    with pytest.raises(ValueError, match="the y given is another"):
        model.fit(data, y[::-1])


def test_floats_of_another_precision_are_the_same_response(rows):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT)
    short = rows["y"].astype("float32")
    for data, y in ((rows, short), (rows.assign(y=short), rows["y"])):
        assert_array_equal(model.fit(data, y).fixef(), model.fit(data).fixef())
    with pytest.raises(ValueError, match="the y given is another"):
        model.fit(rows, short + 1e-3)


def test_a_missing_response_is_the_same_where_it_is_missing_too(rows):
    data = rows.assign(pos=(rows.y > 0).astype("Int64").mask(rows.index % 9 == 0))
    model = TabMixNNClassifier("pos ~ x + (1 | g)", na_action="omit", **EXACT)
    assert_array_equal(model.fit(data, data["pos"]).fixef(), model.fit(data).fixef())
    with pytest.raises(ValueError, match="the y given is another"):
        model.fit(data, data["pos"].fillna(0))


def test_text_of_a_number_is_another_response(rows):
    data = rows.assign(c=np.where(rows.y > 0, "1", "0"))
    with pytest.raises(ValueError, match="the y given is another"):
        TabMixNNClassifier("c ~ x + (1 | g)", **EXACT).fit(data, data["c"].astype(int))
