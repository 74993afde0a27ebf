"""Predictions of grown models: of known groups, of new ones, and without effects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference.additive.averaged import PopulationAverage
from tabmixnn.inference.additive.predictive import new_variances
from tests.tabmixnn.inference.additive.grown import every_prediction, grow

pytestmark = pytest.mark.usefixtures("two_folds")


def test_new_groups_are_predicted_at_the_population_level(model, data, monkeypatch):
    monkeypatch.setattr(model.engine_, "averaged", None)  # which test_averaged.py is about
    # And the mean over new groups is what exact/test_new_groups.py is about.
    monkeypatch.setattr(model.engine_, "averages_new_groups", False)
    new = data.head(20).assign(g="new")
    for kind in ("response", "link"):
        np.testing.assert_allclose(
            model.predict(new, kind=kind), model.predict(data.head(20), kind=kind, re_form="none")
        )
    assert (model.predict(new, kind="link") != model.predict(data.head(20), kind="link")).any()


def test_the_mean_over_the_groups_is_the_prediction_of_a_new_one(model, data):
    new = data.assign(g="new")
    expected = model.predict(new)
    np.testing.assert_array_equal(model.predict(data, re_form="marginal"), expected)
    np.testing.assert_array_equal(
        model.predict(data, re_form="marginal", kind="link"),
        model.predict(data, re_form="none", kind="link"),
    )
    interval = {"interval": 0.8, "kind": "response"}
    pd.testing.assert_frame_equal(
        model.predict(data, re_form="marginal", **interval), model.predict(new, **interval)
    )


def test_the_linear_predictor_of_a_new_group_is_at_effects_of_zero(curves):
    rng = np.random.default_rng(3)
    rows = curves(groups=40, each=15)
    rows["count"] = rng.poisson(np.exp(1.0 + rows["y"]))
    model = grow(TabMixNN, "count ~ x + (1 | g)", rows, family="poisson")
    engine = model.engine_
    new = rows.assign(g="new")
    assert engine.scores
    assert engine.averaged is None
    expected = model.predict(rows, re_form="none", kind="link")
    np.testing.assert_array_equal(model.predict(new, kind="link"), expected)
    assert (model.predict(new) > 1.2 * np.exp(expected)).all()
    band = model.predict(new, kind="link", interval=0.5)
    np.testing.assert_allclose(band["upper"] - expected, expected - band["lower"])
    # What predictors tell of new groups is of means; the linear predictor is the one with those.
    engine.averaged = PopulationAverage("g", Zero(), np.array([2.0]), 1.0, 0.5)
    eta = model.predict(new, kind="link")
    variance = sum(new_variances(engine, engine.read(model._frame(new))).values())
    np.testing.assert_allclose(model.predict(new), np.exp(eta + variance / 2.0), rtol=1e-6)
    np.testing.assert_allclose(model.predict(new), np.exp(2.0), rtol=1e-6)


class Zero:
    """No columns."""

    def __call__(self, rows, variables):
        return np.zeros((len(rows), 0))


def test_means_of_counts_of_new_groups_do_not_explode_outside():
    rng = np.random.default_rng(1)
    group, x = rng.integers(0, 30, 600), rng.uniform(size=600)
    bend = rng.normal(size=(3, 30)) * [[0.5], [1.5], [1.5]]
    eta = 1.0 + bend[0, group] + bend[1, group] * x + bend[2, group] * x**2
    rows = pd.DataFrame({"x": x, "g": group, "count": rng.poisson(np.exp(eta))})
    model = grow(TabMixNN, "count ~ x + (1 | g)", rows, family="poisson")
    assert any(term.group == "g" for term in model.engine_.scores)
    new = pd.DataFrame({"x": [1.0, 1.5, 2.0], "g": -1})
    end, *beyond = model.predict(new)
    assert max(beyond) < 2.0 * end
    interval = model.predict(new, interval=0.9)
    assert interval["upper"].max() < 2.0 * interval["upper"].iloc[0]


def test_slopes_of_new_groups_do_not_explode_outside():
    rng = np.random.default_rng(1)
    group, x = rng.integers(0, 30, 600), rng.uniform(size=600)
    slopes = rng.normal(0.0, 2.0, 30)[group]
    eta = 1.0 + np.sin(6.0 * x) + slopes * x
    rows = pd.DataFrame({"x": x, "g": group, "count": rng.poisson(np.exp(eta))})
    model = grow(TabMixNN, "count ~ x + (x | g)", rows, family="poisson")
    assert model.inference_ == "auto"
    new = pd.DataFrame({"x": [1.0, 2.0, 4.0], "g": -1})
    ratio = model.predict(new) / np.exp(model.predict(new, kind="link"))
    np.testing.assert_allclose(ratio, ratio[0], rtol=0.02)


def test_predictions_do_not_depend_on_the_batch(model, data):
    rows = data.iloc[[3, 50, 3, 79]]
    for whole, part in zip(
        every_prediction(model, data), every_prediction(model, rows), strict=True
    ):
        np.testing.assert_allclose(part, whole[[3, 50, 3, 79]], rtol=1e-12, atol=1e-12)


def test_effects_can_be_predicted_without(models, data):
    model = models["gaussian"]
    frame = model._frame(data)
    off = model.engine_.predict_with(frame, [np.array([False])], "link")
    np.testing.assert_array_equal(off, model.predict(data, re_form="none", kind="link"))


def test_unseen_categories_add_nothing(data):
    bent = data.assign(y=data["y"] + np.where(data["c"] == "u", 3.0, -3.0) * data["x"])
    model = grow(TabMixNNRegressor, "y ~ x + c + (1 | g)", bent)
    assert "by(x, c)" in set(model.terms_["term"])
    with pytest.warns(UserWarning, match="did not have"):
        found = model.predict(bent.assign(c="new"))
    assert np.isfinite(found).all()


def test_offsets_are_added(curves):
    data = curves(groups=10).assign(o=lambda d: d["z"] + 2.0, o3=lambda d: 3.0 * d["o"])
    data["y1"], data["y3"] = data["y"] + data["o"], data["y"] + data["o3"]
    one = grow(TabMixNNRegressor, "y1 ~ x + offset(o) + (1 | g)", data)
    three = grow(TabMixNNRegressor, "y3 ~ x + offset(o3) + (1 | g)", data)
    assert one.inference_ == "auto"
    np.testing.assert_allclose(
        one.predict(data) - data["o"], three.predict(data) - data["o3"], atol=1e-3
    )
    assert np.corrcoef(one.predict(data), data["y1"])[0, 1] > 0.95
