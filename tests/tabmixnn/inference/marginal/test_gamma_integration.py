"""Gamma models with random effects against their likelihood integrated densely by scipy.

glmer 1.1-31, whose Gamma deviance has the residual scale apart, finds something else, here

    m <- glmer(y ~ x + (1 | g), d, family = Gamma("log"))            # sd 0.5562, logLik -117.04
    m <- glmer(y ~ x + (1 | g), d, family = Gamma("log"), nAGQ = 25) # sd 0.4543, logLik -35.88
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import gamma, norm

from tabmixnn.inference.marginal import fit_glmm

GROUPS, EACH = 12, 8
GRID = np.linspace(-9.0, 9.0, 721)


@pytest.fixture(scope="module")
def rows():
    """Twelve groups of eight rows, group effects of deviation .6, and a shape of 2."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(GROUPS), EACH)
    x = rng.normal(size=GROUPS * EACH)
    mean = np.exp(0.5 + 0.4 * x + 0.6 * rng.normal(size=GROUPS)[codes])
    return np.column_stack([np.ones(len(x)), x]), rng.gamma(2.0, mean / 2.0), codes


def log_density(y, eta, dispersion):
    return gamma.logpdf(y, 1.0 / dispersion, scale=np.exp(eta) * dispersion)


def on_a_grid(parameters, X, y):
    """Log-likelihood by the trapezoidal rule, which is exact for such integrands."""
    beta, sd, dispersion = parameters[:-2], np.exp(parameters[-2]), np.exp(parameters[-1])
    rows = log_density(y[:, None], (X @ beta)[:, None] + sd * GRID, dispersion)
    inner = rows.reshape(GROUPS, EACH, -1).sum(axis=1) + norm.logpdf(GRID)
    return float((logsumexp(inner, axis=1) + np.log(GRID[1] - GRID[0])).sum())


def by_quad(parameters, X, y):
    """Log-likelihood by scipy's adaptive quadrature, group by group."""
    beta, sd, dispersion = parameters[:-2], np.exp(parameters[-2]), np.exp(parameters[-1])
    total = 0.0
    for part in np.arange(GROUPS * EACH).reshape(GROUPS, EACH):

        def integrand(u, part=part):
            return norm.pdf(u) * np.exp(
                log_density(y[part], X[part] @ beta + sd * u, dispersion).sum()
            )

        total += np.log(quad(integrand, -9.0, 9.0, epsabs=0.0, epsrel=1e-10)[0])
    return total


def parameters_of(fit):
    return np.append(fit.beta, np.log([np.sqrt(fit.G[0][0, 0]), fit.dispersion]))


def test_quadrature_is_the_maximum_of_the_dense_integral(rows, array_block):
    X, y, codes = rows
    fit = fit_glmm(X, y, [array_block("g", codes, X[:, :1])], family="gamma", n_quad=25)
    found = parameters_of(fit)
    assert by_quad(found, X, y) == pytest.approx(fit.loglik, abs=1e-8)
    assert on_a_grid(found, X, y) == pytest.approx(fit.loglik, abs=1e-8)
    start = np.array([0.0, 0.0, np.log(0.4), 0.0])
    best = minimize(lambda p: -on_a_grid(p, X, y), start, method="BFGS", options={"gtol": 1e-6})
    assert -best.fun == pytest.approx(fit.loglik, abs=1e-8)
    np.testing.assert_allclose(found, best.x, atol=1e-4)
    assert np.exp(best.x[2]) == pytest.approx(0.6739, abs=1e-4)
    assert fit.loglik == pytest.approx(-119.4275, abs=1e-4)


def test_laplace_is_near(rows, array_block):
    X, y, codes = rows
    fit = fit_glmm(X, y, [array_block("g", codes, X[:, :1])], family="gamma")
    assert np.sqrt(fit.G[0][0, 0]) == pytest.approx(0.6739, abs=0.002)
    assert fit.loglik == pytest.approx(-119.4275, abs=0.05)
