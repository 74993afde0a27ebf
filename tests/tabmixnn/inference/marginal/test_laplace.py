"""Laplace and quadrature objectives: gradients, known integrals, and what they reduce to."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, gammaln, log_expit, logsumexp

from tabmixnn.inference.marginal import (
    SeparationWarning,
    SingularFitWarning,
    fit_glmm,
)
from tabmixnn.inference.marginal.laplace import LaplaceLikelihood
from tabmixnn.inference.marginal.quadrature import QuadratureLikelihood
from tabmixnn.inference.marginal.response import Response
from tabmixnn.inference.marginal.terms import group_terms

FAMILIES = [
    ("binomial", "logit"),
    ("binomial", "probit"),
    ("binomial", "cloglog"),
    ("poisson", "log"),
    ("nbinom2", "log"),
    ("gamma", "log"),
]


def draw(family, eta, rng):
    if family == "binomial":
        return (rng.uniform(size=len(eta)) < expit(eta)).astype(float)
    if family == "gamma":
        return rng.gamma(2.0, np.exp(eta) / 2.0)
    if family == "nbinom2":
        return rng.negative_binomial(2.0, 2.0 / (2.0 + np.exp(eta))).astype(float)
    return rng.poisson(np.exp(eta)).astype(float)


@pytest.fixture
def problem(simulate):
    def build(family, link, count, weighted=False, n_quad=1, intercept_only=False):
        rng = np.random.default_rng(11)
        X, latent, blocks = simulate(12, n=150)
        y = draw(family, 0.5 * latent, rng)
        weights = rng.integers(1, 4, len(y)).astype(float) if weighted else None
        if intercept_only:
            blocks = blocks[1:]
        groupings = group_terms(blocks[:count], None)
        response = Response(family, link, y, weights)
        orthonormal = np.linalg.qr(X)[0]
        offset = 0.1 * rng.normal(size=len(y))
        if n_quad > 1:
            return QuadratureLikelihood(orthonormal, offset, groupings, response, n_quad)
        return LaplaceLikelihood(orthonormal, offset, groupings, response)

    return build


def check_gradient(objective, seed=0):
    rng = np.random.default_rng(seed)
    x = 0.3 * rng.normal(size=objective.n_params)
    x[objective.scales] += 0.8
    gradient = objective(x)[1]
    step = 1e-5
    differences = [
        (objective(x + step * e)[0] - objective(x - step * e)[0]) / (2 * step)
        for e in np.eye(len(x))
    ]
    scale = np.abs(gradient).max()
    np.testing.assert_allclose(gradient, differences, rtol=1e-5, atol=1e-6 * scale)


@pytest.mark.parametrize(("family", "link"), FAMILIES)
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("weighted", [True, False])
def test_laplace_gradient_equals_differences(problem, family, link, count, weighted):
    check_gradient(problem(family, link, count, weighted))


@pytest.mark.parametrize(("family", "link"), FAMILIES)
@pytest.mark.parametrize("n_quad", [2, 3, 9])
def test_quadrature_gradient_equals_differences(problem, family, link, n_quad):
    check_gradient(problem(family, link, 1, True, n_quad, intercept_only=True))


@pytest.mark.parametrize(("family", "link"), FAMILIES)
@pytest.mark.parametrize("slopes", [1, 2])
def test_quadrature_of_two_factors_has_their_gradient(array_block, family, link, slopes):
    rng = np.random.default_rng(15)
    small, large = np.arange(120) % 50, rng.integers(0, 7, 120)
    X = np.linalg.qr(np.column_stack([np.ones(120), rng.normal(size=120)]))[0]
    Z = rng.normal(size=(120, slopes))
    eta = rng.normal(size=50)[small] + (rng.normal(size=(7, slopes))[large] * Z).sum(axis=1)
    response = Response(family, link, draw(family, 0.5 * eta, rng), None)
    blocks = [array_block("small", small, np.ones((120, 1))), array_block("large", large, Z)]
    groupings = group_terms(blocks, None)
    check_gradient(QuadratureLikelihood(X, np.zeros(120), groupings, response, 7))


@pytest.mark.parametrize(("family", "link"), FAMILIES)
def test_one_node_is_laplace(problem, family, link):
    laplace = problem(family, link, 1, intercept_only=True)
    single = problem(family, link, 1, n_quad=2, intercept_only=True)
    single._nodes = single._laplace
    x = np.full(laplace.n_params, 0.4)
    value, gradient = laplace(x)
    other, same = single(x)
    assert other == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(same, gradient, rtol=1e-9, atol=1e-9)


def test_quadrature_equals_the_integral(array_block):
    rng = np.random.default_rng(13)
    codes = np.repeat(np.arange(6), 8)
    X = np.column_stack([np.ones(48), rng.normal(size=48)])
    y = rng.poisson(np.exp(0.3 + rng.normal(size=6)[codes])).astype(float)
    block = array_block("g", codes, np.ones((48, 1)))
    fit = fit_glmm(X, y, [block], family="poisson", n_quad=25)
    theta, total = fit.theta[0], 0.0
    for level in range(6):
        rows = codes == level

        def density(u, rows=rows):
            eta = X[rows] @ fit.beta + theta * u
            log = (y[rows] * eta - np.exp(eta) - gammaln(y[rows] + 1)).sum()
            return np.exp(log - 0.5 * u * u) / np.sqrt(2 * np.pi)

        total += np.log(quad(density, -12, 12, epsabs=0, epsrel=1e-10)[0])
    assert fit.loglik == pytest.approx(total, abs=1e-7)


def test_quadrature_of_the_small_groups_takes_most_of_laplaces_error(array_block):
    rng = np.random.default_rng(16)
    large, pairs, count = np.repeat([0, 1], 40), np.repeat(np.arange(40), 2), 25
    X, y = np.ones((80, 1)), (rng.uniform(size=80) < 0.6).astype(float)
    blocks = [
        array_block("pair", pairs, np.ones((80, 1))),
        array_block("large", large, np.ones((80, 1))),
    ]
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    log_weights = np.log(weights) - 0.5 * np.log(2 * np.pi)

    def integral(beta, small_sd, large_sd):
        """The likelihood by nested quadrature over both factors."""
        eta = beta + small_sd * places[:, None] + large_sd * places
        by_outcome = np.stack([log_expit(-eta), log_expit(eta)])
        total = 0.0
        for level in (0, 1):
            levels = y[large == level].reshape(-1, 2).astype(int)
            rows = by_outcome[levels].sum(axis=1)
            inner = logsumexp(rows + log_weights[:, None], axis=1).sum(axis=0)
            total += logsumexp(inner + log_weights)
        return total

    groupings = group_terms(blocks, None)
    arguments = X / np.sqrt(80), np.zeros(80), groupings, Response("binomial", "logit", y, None)
    x = np.array([0.3 * np.sqrt(80), 2.0, 0.7])
    exact = integral(0.3, 2.0, 0.7)
    laplace = -0.5 * LaplaceLikelihood(*arguments)(x)[0]
    quadrature = -0.5 * QuadratureLikelihood(*arguments, count)(x)[0]
    assert abs(laplace - exact) > 0.5
    assert abs(quadrature - exact) < 0.05 * abs(laplace - exact)


def test_counts_trials_and_rows_are_the_same_model(array_block):
    rng = np.random.default_rng(14)
    codes = np.repeat(np.arange(10), 3)
    X = np.column_stack([np.ones(30), np.tile([0.0, 1.0, 2.0], 10)])
    trials = rng.integers(2, 9, 30)
    wins = rng.binomial(trials, expit(X @ [-0.5, 0.4] + rng.normal(size=10)[codes]))
    block = array_block("g", codes, np.ones((30, 1)))
    pairs = np.column_stack([wins, trials - wins]).astype(float)
    counts = fit_glmm(X, pairs, [block], family="binomial")
    shares = fit_glmm(X, wins / trials, [block], family="binomial", weights=trials.astype(float))
    rows = np.repeat(np.arange(30), trials)
    ones = np.concatenate([np.arange(t) < w for t, w in zip(trials, wins, strict=True)])
    long = array_block("g", codes[rows], np.ones((len(rows), 1)))
    single = fit_glmm(X[rows], ones.astype(float), [long], family="binomial")
    np.testing.assert_allclose(counts.beta, shares.beta, rtol=1e-9)
    assert counts.loglik == pytest.approx(shares.loglik, abs=1e-9)
    np.testing.assert_allclose(counts.beta, single.beta, rtol=1e-5)
    np.testing.assert_allclose(counts.se, single.se, rtol=1e-5)
    np.testing.assert_allclose(counts.theta, single.theta, rtol=1e-5)


def test_gamma_with_tiny_dispersion_is_a_linear_model_of_logs(array_block):
    rng = np.random.default_rng(15)
    codes = np.repeat(np.arange(20), 6)
    X = np.column_stack([np.ones(120), rng.normal(size=120)])
    eta = X @ [0.5, 0.2] + 0.3 * rng.normal(size=20)[codes] + 0.01 * rng.normal(size=120)
    block = array_block("g", codes, np.ones((120, 1)))
    fit = fit_glmm(X, np.exp(eta), [block], family="gamma")
    np.testing.assert_allclose(fit.beta, [0.5, 0.2], atol=0.2)
    assert fit.dispersion == pytest.approx(1e-4, rel=0.3)


@pytest.mark.parametrize("family", ["poisson", "nbinom2", "gamma", "binomial"])
def test_simulated_parameters_are_recovered(array_block, family):
    rng = np.random.default_rng(16)
    n, levels = 12_000, 400
    codes = rng.integers(0, levels, n)
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    y = draw(family, X @ [0.4, -0.5] + 0.6 * rng.normal(size=levels)[codes], rng)
    fit = fit_glmm(X, y, [array_block("g", codes, np.ones((n, 1)))], family=family)
    np.testing.assert_array_less(np.abs(fit.beta - [0.4, -0.5]), 4 * fit.se)
    assert fit.theta[0] == pytest.approx(0.6, abs=0.08)
    expected = {"nbinom2": 2.0, "gamma": 0.5}.get(family)
    if expected is None:
        assert fit.dispersion is None
    else:
        assert fit.dispersion == pytest.approx(expected, rel=0.1)


def test_zero_variance_is_exact(array_block):
    rng = np.random.default_rng(17)
    codes = np.arange(200) % 10
    y = np.repeat(rng.poisson(3.0, size=20), 10).astype(float)
    X = np.ones((200, 1))
    with pytest.warns(SingularFitWarning, match="variance of z0 in group 'g' is zero"):
        fit = fit_glmm(X, y, [array_block("g", codes, X)], family="poisson")
    assert fit.theta.tolist() == [0.0]
    assert fit.beta[0] == pytest.approx(np.log(y.mean()), rel=1e-7)
    # Ordinary Poisson regression.
    assert fit.se[0] == pytest.approx(1.0 / np.sqrt(y.sum()), rel=1e-5)


def test_perfect_separation_is_named(array_block):
    rng = np.random.default_rng(18)
    codes = np.arange(200) % 10
    x = rng.normal(size=200)
    X = np.column_stack([np.ones(200), rng.normal(size=200), x])
    block = array_block("g", codes, np.ones((200, 1)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = fit_glmm(
            X, (x > 0.2).astype(float), [block], family="binomial", names=["one", "noise", "x"]
        )
    named = [str(w.message) for w in caught if issubclass(w.category, SeparationWarning)]
    assert len(named) == 1
    assert "x" in named[0].split("combination of")[1]
    assert np.isfinite(fit.loglik)


def test_conditional_variances_are_inverse_curvatures(array_block):
    rng = np.random.default_rng(19)
    codes = np.repeat(np.arange(12), 10)
    y = rng.poisson(np.exp(rng.normal(size=12)[codes])).astype(float)
    block = array_block("g", codes, np.ones((120, 1)))
    fit = fit_glmm(np.ones((120, 1)), y, [block], family="poisson")
    curvature = np.bincount(codes, fit.fitted) + 1.0 / fit.G[0][0, 0]
    np.testing.assert_allclose(fit.conditional_variances[0][:, 0, 0], 1.0 / curvature, rtol=1e-8)


def test_mode_is_found_where_rows_are_predicted_far_off(problem):
    """Means that round to 0 or 1 must not hide how wrong they are."""
    objective = problem("binomial", "logit", 2)
    x = np.zeros(objective.n_params)
    x[objective.scales] = 1.0
    x[0] = 4000.0
    mode = objective.mode(x)
    assert np.abs(mode.eta).max() > 100.0
    lead, _ = objective.finder.random.transposed(mode.rows.score)
    np.testing.assert_allclose(mode.lead, lead @ objective.unpack(x)[1][0], rtol=1e-6, atol=1e-8)
