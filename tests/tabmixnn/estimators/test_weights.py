"""Weights of rows: what sigma, residuals and intervals are of, and where weights are needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
GROWN = {"inference": "auto", "hidden_dims": [], "random_state": 0}
NEURAL = {"inference": "marginal", "hidden_dims": [8], "random_state": 0}
FORMULA = "y ~ x + (1 | g)"
UNIT = 50.0


@pytest.fixture(scope="module")
def data():
    """Curves of 15 groups, whose rows have inverse variances of about 50."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(15), 10)
    rows = pd.DataFrame({"x": rng.uniform(size=150), "g": [f"g{code}" for code in codes]})
    rows["w"] = UNIT * rng.uniform(0.2, 1.8, 150)
    noise = 0.3 * np.sqrt(UNIT / rows["w"]) * rng.normal(size=150)
    rows["y"] = np.sin(6.0 * rows["x"]) + rng.normal(size=15)[codes] + noise
    return rows


@pytest.fixture(
    scope="module",
    params=[(EXACT, "marginal"), (GROWN, "auto"), (NEURAL, "neural")],
    ids=["exact", "grown", "neural"],
)
def options(request):
    return request.param


@pytest.fixture(scope="module")
def model(data, options):
    given, engine = options
    fitted = TabMixNNRegressor(FORMULA, weights="w", **given).fit(data)
    assert fitted.inference_ == engine
    return fitted


@pytest.fixture(scope="module")
def ordinary(data, options):
    """The same model, its weights in units of their mean."""
    rows = data.assign(w=data["w"] / data["w"].mean())
    return TabMixNNRegressor(FORMULA, weights="w", **options[0]).fit(rows)


def test_sigma_is_that_of_a_row_of_weight_one(model, ordinary, data):
    expected = ordinary.sigma_ * np.sqrt(data["w"].mean())
    assert model.sigma_ == pytest.approx(expected, rel=1e-3)
    assert model.dispersion_ == pytest.approx(model.sigma_**2)
    assert model.var_corr()["sdcor"].iloc[-1] == pytest.approx(model.sigma_)
    assert model.extract_parameters()["variance_components"]["Residual"] == model.dispersion_


def test_intervals_are_those_of_a_row_of_weight_one(model, ordinary, data):
    def noise(fitted):
        (_, whole), (_, link) = (
            fitted.predict(data, return_std=True, kind=kind) for kind in ("response", "link")
        )
        return whole**2 - link**2

    np.testing.assert_allclose(noise(model) / noise(ordinary), data["w"].mean(), rtol=1e-2)


def test_predictions_do_not_depend_on_the_unit_of_weights(model, ordinary, data):
    np.testing.assert_allclose(model.predict(data), ordinary.predict(data), atol=1e-3)


@pytest.mark.parametrize("kind", ["pearson", "deviance"])
def test_residuals_of_rows_given_are_in_the_units_of_those_trained_on(model, kind, data):
    ratio = model.residuals(data, kind=kind) / model.residuals(data)
    expected = model.residuals(kind=kind) / model.residuals()
    np.testing.assert_allclose(ratio, expected)
    assert model.residuals(kind="pearson").std() == pytest.approx(1.0, abs=0.2)


def test_a_summary_says_whose_residual_variance_it_is(model, data):
    assert "the residual variance is that of a row of weight one" in str(model.summary())


def test_shares_of_variance_do_not_depend_on_the_unit_of_weights(model, ordinary, data):
    found, expected = model.variance_decomposition(), ordinary.variance_decomposition()
    assert found["icc"] == pytest.approx(expected["icc"], rel=1e-3)
    assert found["residual"] == pytest.approx(model.dispersion_ * (1.0 / data["w"]).mean())
    assert model.variance_decomposition(data)["residual"] == pytest.approx(found["residual"])
    heavy = data.assign(w=2.0 * data["w"])
    assert model.variance_decomposition(heavy)["residual"] == pytest.approx(found["residual"] / 2)


def test_a_saved_model_knows_the_unit_of_its_weights(model, data, tmp_path):
    model.save(tmp_path / "model.tmx")
    again = TabMixNN.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(data), model.predict(data))
    assert again.sigma_ == model.sigma_
    for kind in ("pearson", "deviance"):
        np.testing.assert_array_equal(again.residuals(kind=kind), model.residuals(kind=kind))
    assert str(again.summary()) == str(model.summary())


def test_what_does_not_look_at_weights_does_not_need_them(model, data):
    rows = data.drop(columns="w")
    assert model.score(rows) == model.score(data)
    pd.testing.assert_series_equal(model.fitted(rows), model.fitted(data))
    pd.testing.assert_series_equal(model.residuals(rows), model.residuals(data))
    calls = [lambda: model.residuals(rows, kind="pearson"), lambda: model.plot_qq(rows)]
    calls += [lambda: model.calibrate(rows), lambda: model.calibrate(rows, rows["y"])]
    for call in [*calls, lambda: model.variance_decomposition(rows)]:
        with pytest.raises(ValueError, match="The data have no column 'w' to take the weights"):
            call()


def test_weights_given_as_an_array_are_not_those_of_other_rows(options, data):
    model = TabMixNNRegressor(FORMULA, **options[0]).fit(data, weights=data["w"])
    assert model.residuals(kind="pearson").std() == pytest.approx(1.0, abs=0.2)
    model.summary()
    model.variance_decomposition()
    assert model.residuals(data).std() < 1.0
    calls = [
        lambda: model.residuals(data, kind="pearson"),
        lambda: model.residuals(data, kind="deviance"),
        lambda: model.summary(data),
        lambda: model.variance_decomposition(data),
        lambda: model.plot_residuals(data),
    ]
    for call in [*calls, lambda: model.calibrate(data)]:
        with pytest.raises(ValueError, match="were given as an array, so"):
            call()


def test_calibration_is_in_units_of_each_rows_spread(model, options, data):
    """The same noise, in units of its own, whatever the weights of the rows held out."""
    rng = np.random.default_rng(2)
    mean, z = model.predict(data), rng.standard_t(5, size=len(data))
    rows = [data.assign(w=w, y=mean + model.sigma_ / np.sqrt(w) * z) for w in (1.0, data["w"])]
    new = data.head(5)
    found = [
        model.calibrate(held).predict(new, interval=0.9, calibrate="conformal") for held in rows
    ]
    width = [(each["upper"] - each["lower"]).to_numpy() for each in found]
    np.testing.assert_allclose(width[0], width[1], rtol=0.15)
    apart = TabMixNNRegressor(FORMULA, **options[0]).fit(data, weights=data["w"])
    again = apart.calibrate(rows[1], weights=rows[1]["w"])
    again = again.predict(new, interval=0.9, calibrate="conformal")
    np.testing.assert_allclose(again, found[1], rtol=1e-6)
    with pytest.raises(ValueError, match="given twice"):
        model.calibrate(rows[1], weights=rows[1]["w"])


def test_weights_where_none_are_looked_at(data):
    plain = TabMixNNRegressor(FORMULA, **EXACT).fit(data)
    positive = TabMixNN("z ~ x", family="gamma", weights="w", **EXACT)
    rows = data.assign(z=np.exp(data["y"]))
    for model in (plain, positive.fit(rows)):
        with pytest.raises(ValueError, match="this is none; leave them out"):
            model.calibrate(rows, weights=data["w"])
    positive.calibrate(rows.drop(columns="w"))


def test_numbers_of_trials_given_as_an_array_are_not_those_of_other_rows():
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"g": np.repeat(np.arange(10), 6), "n": rng.integers(5, 20, 60)})
    rows["share"] = rng.binomial(rows["n"], 0.3) / rows["n"]
    options = {"family": "binomial", **EXACT}
    named = TabMixNN("share ~ 1", weights="n", **options).fit(rows)
    assert named.reliability(rows)["n"].sum() == rows["n"].sum()
    apart = TabMixNN("share ~ 1", **options).fit(rows, weights=rows["n"])
    for call in (lambda: apart.reliability(rows), lambda: apart.plot_calibration(rows)):
        with pytest.raises(ValueError, match="were given as an array, so"):
            call()
    # On the scale of the link the numbers of trials do not count.
    assert apart.variance_decomposition(rows) == named.variance_decomposition(rows)
