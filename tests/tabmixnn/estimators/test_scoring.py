"""Scores against scikit-learn's, of responses that the formula computes and of one class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score
from sklearn.model_selection import cross_val_score

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
pytestmark = pytest.mark.filterwarnings("ignore:boundary", "ignore:the optimiser")


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": np.repeat(np.arange(12), 10), "x": rng.normal(size=120)})
    level = frame["x"] + rng.normal(size=12)[frame["g"]]
    frame["w"] = np.exp(level + 0.3 * rng.normal(size=120))
    noisy = level + rng.normal(size=120)
    frame["kind"] = np.select([noisy < -0.5, noisy < 0.7], ["low", "middle"], "high")
    return frame


def test_a_computed_response_is_scored_on_its_own_scale(data):
    model = TabMixNNRegressor("log(w) ~ x + (1 | g)", **EXACT).fit(data)
    expected = r2_score(np.log(data["w"]), model.predict(data))
    assert model.score(data) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"Predictions are of 'log\(w\)'.* leave y out"):
        model.score(data, data["w"])
    assert np.isfinite(cross_val_score(model, data, cv=3)).all()


def test_rows_with_missing_values_are_left_out_where_fit_leaves_them_out(data):
    data.loc[[3, 50], "x"] = np.nan
    model = TabMixNNRegressor("w ~ x + (1 | g)", na_action="omit", **EXACT).fit(data)
    complete = data.dropna()
    weights = np.arange(1.0, 121.0)
    assert model.score(data) == pytest.approx(model.score(complete, complete["w"]))
    expected = model.score(complete, complete["w"], weights[complete.index])
    assert model.score(data, sample_weight=weights) == pytest.approx(expected)
    assert np.isfinite(cross_val_score(model, data, cv=3)).all()


def test_without_a_response_y_is_needed(data):
    for formula in (None, "~ x"):
        model = TabMixNNRegressor(formula, **EXACT).fit(data[["x"]], data["w"])
        with pytest.raises(ValueError, match="pass y"):
            model.score(data[["x"]])


def test_one_class_against_the_rest_is_scored_by_whether_it_is(data):
    model = TabMixNNClassifier("kind ~ x + (1 | g)", random_state=0).fit(data)
    assert model.score(data) == model.score(data, data["kind"])
    one = model.against_rest("low")
    assert one.score(data) == one.score(data, data["kind"] == "low")
    with pytest.raises(ValueError, match="score it with y == 'low'"):
        one.score(data, data["kind"])


@pytest.mark.parametrize("labels", [[0, 1, 2], ["high", "low", "other"]])
def test_a_class_never_seen_is_a_miss_and_has_no_residual(data, labels):
    data["y"] = np.array(labels)[(data["kind"] == "low").astype(int)]
    model = TabMixNNClassifier("y ~ x + (1 | g)", **EXACT).fit(data)
    new = data.head(40).assign(y=np.array(labels)[np.arange(40) % 3])
    assert model.score(new) == model.score(new, new["y"]) == np.mean(model.predict(new) == new["y"])
    with pytest.raises(ValueError, match=r"(class|level) .* leave (its|these) rows out"):
        model.residuals(new)


def test_a_classifier_leaves_out_rows_without_a_class_where_fit_does(data):
    data.loc[[3, 50], "kind"] = None
    data.loc[7, "x"] = np.nan
    options = {"na_action": "omit", "random_state": 0}
    model = TabMixNNClassifier("kind ~ x + (1 | g)", **options).fit(data)
    complete = data.dropna()
    assert model.score(data) == model.score(complete, complete["kind"])
