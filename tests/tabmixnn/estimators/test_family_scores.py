"""Scores of the general estimator by family, and what it is to scikit-learn's tools."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import cross_val_score

from tabmixnn import OutcomeSpec, TabMixNN
from tabmixnn.families import Ordinal, Poisson

SHORT = {"epochs": 3, "random_state": 0}
EXACT = {"inference": "marginal", "hidden_dims": []}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.tile(list("abcdef"), 20)})
    level = data["x"] + rng.normal(size=120)
    data["y"], data["time"] = level, np.exp(level)
    data["count"] = rng.poisson(np.exp(data["x"]))
    data["failed"] = 5 - np.minimum(data["count"], 5)
    data["ill"] = np.where(level > 0, "yes", "no")
    stages = np.select([level < -0.5, level < 0.7], ["late", "middle"], "early")
    data["stage"] = pd.Categorical(stages, ["late", "middle", "early"], ordered=True)
    data["kind"] = stages
    return data


@pytest.mark.parametrize(
    ("response", "family", "options"),
    [
        ("y", "gaussian", EXACT),
        ("y", "student_t", SHORT),
        ("count", "poisson", EXACT),
        ("count", Poisson(), SHORT),
        ("time", "weibull", SHORT),
    ],
)
def test_numbers_are_a_regression(data, response, family, options):
    model = TabMixNN(f"{response} ~ x + (1 | g)", family=family, **options)
    assert is_regressor(model)
    model.fit(data)
    expected = r2_score(data[response], model.predict(data))
    assert model.score(data) == pytest.approx(expected)
    weights = np.linspace(1, 2, 120)
    weighted = r2_score(data[response], model.predict(data), sample_weight=weights)
    assert model.score(data, data[response], weights) == pytest.approx(weighted)
    assert np.isfinite(cross_val_score(model, data, cv=3)).all()


@pytest.mark.parametrize(
    ("response", "family", "options"),
    [
        ("ill", "binomial", EXACT),
        ("ill", "binomial", SHORT),
        ("kind", "multinomial", SHORT),
        ("stage", "ordinal", SHORT),
        ("stage", Ordinal(), SHORT),
    ],
)
def test_classes_have_the_accuracy_of_the_likeliest(data, response, family, options):
    model = TabMixNN(f"{response} ~ x + (1 | g)", family=family, **options)
    assert not is_regressor(model)
    assert not is_classifier(model)
    model.fit(data)
    expected = accuracy_score(data[response], model.predict(data, kind="class"))
    assert model.score(data) == model.score(data, data[response]) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"accuracy of one class a row, .*; found 'other'"):
        model.score(data, ["other"] * 120)


def test_classes_given_as_numbers(data):
    ill = (data["ill"] == "yes").astype(int)
    model = TabMixNN("~ x", family="binomial", **EXACT).fit(data, ill)
    assert model.score(data, ill) == accuracy_score(ill, model.predict(data, kind="class"))
    with pytest.raises(ValueError, match=r"one class a row, 0, 1; found 0\.5"):
        model.score(data, ill / 2)


def test_columns_of_numbers_have_the_mean_of_theirs(data):
    model = TabMixNN("cbind(y, time) ~ x", family="multivariate_gaussian", **SHORT).fit(data)
    expected = r2_score(data[["y", "time"]], model.predict(data))
    assert model.score(data) == pytest.approx(expected)


def test_what_has_no_score(data):
    trials = TabMixNN("cbind(count, failed) ~ x", family="binomial", **EXACT).fit(data)
    with pytest.raises(ValueError, match="response of 2 columns has no score in a binomial model"):
        trials.score(data)
    outcomes = [OutcomeSpec("first", "y"), OutcomeSpec("second", "count", "poisson")]
    several = TabMixNN("~ x", outcomes=outcomes, **SHORT)
    assert not is_regressor(several)
    several.fit(data)
    for y in (None, data["y"]):
        with pytest.raises(ValueError, match="A score is of one outcome, and the model has sev"):
            several.score(data, y)


def test_a_family_that_there_is_not_is_no_regression():
    assert not is_regressor(TabMixNN(family="nonsense"))
