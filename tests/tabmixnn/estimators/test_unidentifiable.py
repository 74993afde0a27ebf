"""The default fits what lme4 refuses, without the effects in question, and says so."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor


def rows(groups, each, seed=0):
    rng = np.random.default_rng(seed)
    g = np.repeat(np.arange(groups), each)
    t = rng.uniform(-1, 1, size=g.size)
    y = t + 2 * rng.normal(size=groups)[g] + 0.3 * rng.normal(size=g.size)
    return pd.DataFrame({"y": y, "t": t, "g": g.astype(str)})


def test_a_line_through_two_rows_a_group_becomes_an_intercept_and_a_slope():
    data = rows(60, 2)
    with pytest.warns(UserWarning, match=r"\(1 \| g\) \+ \(0 \+ t \| g\)' instead of 'y ~ 1 \+ t"):
        model = TabMixNNRegressor("y ~ t + (t | g)", random_state=0).fit(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same = TabMixNNRegressor("y ~ t + (t || g)", random_state=0).fit(data)
    np.testing.assert_array_equal(model.predict(data), same.predict(data))
    assert list(model.feature_names_in_) == ["t", "g"]


def test_groups_of_one_row_are_noise_and_need_not_be_given_to_predict():
    data = rows(60, 1)
    with pytest.warns(UserWarning, match=r"the model is 'y ~ 1 \+ t' instead of"):
        model = TabMixNNRegressor("y ~ t + (1 | g)", random_state=0).fit(data)
    same = TabMixNNRegressor("y ~ t", random_state=0).fit(data)
    np.testing.assert_array_equal(model.predict(data[["t"]]), same.predict(data))
    assert list(model.feature_names_in_) == ["t"]
    assert "Formula: y ~ 1 + t\n" in str(model.summary())
    found = model.predict(data[["t"]], interval=0.9)
    assert data["y"].between(found["lower"], found["upper"]).mean() == pytest.approx(0.9, abs=0.08)


def test_rows_left_out_for_missing_values_stay_out():
    data = rows(60, 2)
    data.loc[[3, 8], "t"] = np.nan
    weights = np.ones(len(data))
    with pytest.warns(UserWarning, match="There are 118 rows"):
        model = TabMixNNRegressor("y ~ t + (t | g)", na_action="omit", random_state=0).fit(
            data, weights=weights
        )
    assert np.isfinite(model.predict(data.dropna())).all()


def test_the_exact_model_refuses_as_lme4_does_and_a_binary_outcome_has_no_such_noise():
    with pytest.raises(ValueError, match="probably unidentifiable"):
        TabMixNNRegressor("y ~ t + (t | g)", inference="marginal").fit(rows(20, 2))
    data = rows(60, 2).assign(b=lambda d: (d["y"] > 0).astype(int))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="There are")
        TabMixNNClassifier("b ~ t + (t | g)", random_state=0).fit(data)
