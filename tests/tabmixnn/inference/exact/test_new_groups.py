"""Means over the effects of groups that were not seen, and who predicts them."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.metrics import log_loss

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.inference.exact.families import Binomial, Poisson
from tabmixnn.inference.exact.new_groups import conditional_predictor, mean_predictor

FAMILIES = [Binomial("logit"), Binomial("probit"), Binomial("cloglog"), Poisson()]
IDS = ["logit", "probit", "cloglog", "log"]


@pytest.mark.parametrize("family", FAMILIES, ids=IDS)
def test_means_are_those_of_numerical_integration(family):
    eta, variance = np.array([-2.0, 0.5, 1.5]), np.array([0.3, 4.0, 0.0])
    found = family.mean(mean_predictor(family, eta, variance))
    for mean, at, part in zip(found, eta, variance, strict=True):
        size = np.sqrt(part)
        truth = quad(
            lambda z, at=at, size=size: (
                float(family.mean(np.array([at + size * z]))[0]) * norm.pdf(z)
            ),
            -9,
            9,
        )[0]
        assert mean == pytest.approx(truth, rel=1e-5)


@pytest.mark.parametrize("family", FAMILIES[:2] + FAMILIES[3:], ids=IDS[:2] + IDS[3:])
def test_one_undoes_the_other(family):
    eta = np.tile(np.linspace(-5, 5, 11), 3)
    variance = np.repeat([0.0, 1.0, 30.0], 11)
    means = mean_predictor(family, eta, variance)
    np.testing.assert_array_equal(means[:11], eta[:11])
    np.testing.assert_allclose(conditional_predictor(family, means, variance), eta, atol=1e-5)


def clinics(seed=0, deviation=2.0, curve=0.0):
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(120), 6), rng.uniform(-2, 2, 720)
    eta = 1.0 + x + curve * np.sin(2 * x) + deviation * rng.normal(size=120)[g]
    ill = (rng.uniform(size=720) < 1 / (1 + np.exp(-eta))).astype(int)
    data = pd.DataFrame({"g": g.astype(str), "x": x, "ill": ill})
    return data[g < 80], data[g >= 80]


def proba(model, rows, **options):
    return model.predict_proba(rows, **options)[:, 1]


def exact(train, **options):
    options = {"inference": "marginal", "hidden_dims": [], "nagq": 9, **options}
    return TabMixNNClassifier("ill ~ x + (1 | g)", **options).fit(train)


def default(train):
    return TabMixNNClassifier("ill ~ x + (1 | g)", random_state=0).fit(train)


@pytest.fixture(scope="module")
def plain():
    train, new = clinics()
    return default(train), exact(train), train, new


@pytest.fixture(scope="module")
def grown():
    train, new = clinics(deviation=3.0, curve=3.0)
    return default(train), exact(train), train, new


def test_the_default_averages_over_new_groups_and_the_exact_model_does_not(plain):
    model, formula, train, new = plain
    assert model.inference_ == "marginal"
    np.testing.assert_allclose(proba(model, new), proba(formula, new, re_form="marginal"))
    np.testing.assert_allclose(proba(model, train), proba(formula, train))
    np.testing.assert_allclose(proba(formula, new), proba(formula, new, re_form="none"))


def test_a_grown_model_does_so_too(grown):
    model, _, _, new = grown
    assert model.inference_ == "auto"
    assert model.engine_.averaged is None
    typical = proba(model, new, re_form="none")
    assert (np.abs(proba(model, new) - 0.5) <= np.abs(typical - 0.5) + 1e-9).all()
    assert log_loss(new["ill"], proba(model, new)) < log_loss(new["ill"], typical)


@pytest.mark.parametrize("which", ["plain", "grown"])
def test_its_linear_predictor_is_that_of_the_typical_group(which, request):
    model, _, _, new = request.getfixturevalue(which)
    expected = model.predict(new, kind="link", re_form="none")
    np.testing.assert_allclose(model.predict(new, kind="link"), expected)


@pytest.mark.parametrize("which", ["plain", "grown"])
def test_distributions_have_about_the_mean_that_is_predicted(which, request):
    model, _, _, new = request.getfixturevalue(which)
    found = model.engine_.predictive(model._frame(new), "all")
    # Beside the groups' effects the distribution has the others' uncertainty.
    np.testing.assert_allclose(found.mean, proba(model, new), atol=0.02)


@pytest.mark.parametrize("which", ["plain", "grown"])
def test_a_file_keeps_it(which, request, tmp_path):
    model, _, _, new = request.getfixturevalue(which)
    model.save(tmp_path / "model.tmx")
    back = TabMixNNClassifier.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(proba(back, new), proba(model, new))


def test_a_neural_mixed_model_keeps_to_the_typical_group():
    train, new = clinics()
    model = TabMixNN(
        "ill ~ x + (1 | g)",
        family="binomial",
        inference="marginal",
        hidden_dims=[8],
        random_state=0,
    ).fit(train)
    np.testing.assert_allclose(model.predict(new), model.predict(new, re_form="none"))


@pytest.mark.parametrize("family", FAMILIES, ids=IDS)
def test_means_that_are_rounded_to_their_bounds_have_linear_predictors(family):
    eta = np.array([-800.0, -60.0, 0.0, 60.0, 700.0])
    variance = np.full(5, 4.0)
    reached = mean_predictor(family, eta, variance)
    assert np.isfinite(reached).all()
    assert (np.diff(reached) >= 0).all()
    assert np.isfinite(conditional_predictor(family, reached, variance)).all()
