"""The Gaussian criterion against a dense computation, and its invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.inference.marginal import fit_lmm
from tabmixnn.inference.marginal.profiled import CriterionError
from tests.tabmixnn.inference.marginal.at_theta import criterion, deviance


def dense_criterion(X, y, blocks, factors, sigma, reml, weights=None):
    """Minus twice the (restricted) log-likelihood from the covariance of y itself."""
    V = np.diag(1.0 / (np.ones(len(y)) if weights is None else weights))
    for block, T in zip(blocks, factors, strict=True):
        same = block.codes[:, None] == block.codes[None, :]
        V = V + same * (block.Z @ T @ T.T @ block.Z.T)
    V = V * sigma**2
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    r = y - X @ beta
    value = np.linalg.slogdet(V)[1] + r @ inverse @ r
    if not reml:
        return value + len(y) * np.log(2 * np.pi)
    rank = X.shape[1]
    value += np.linalg.slogdet(X.T @ inverse @ X)[1]
    return value + (len(y) - rank) * np.log(2 * np.pi)


def lower(theta):
    return np.array([[theta[0], 0.0], [theta[1], theta[2]]])


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_deviance_equals_dense_likelihood(simulate, reml, weighted, count):
    X, y, blocks = simulate(1)
    blocks = blocks[:count]
    weights = np.random.default_rng(2).uniform(0.5, 2.0, len(y)) if weighted else None
    fit = fit_lmm(X, y, blocks, weights=weights, reml=reml)
    theta = np.array([0.7, -0.2, 0.4, 1.1])[: len(fit.theta)]
    factors = [lower(theta[:3]), theta[3:].reshape(1, -1)][:count]
    expected = dense_criterion(X, y, blocks, factors, 1.3, reml, weights)
    assert deviance(fit, theta, 1.3)[0] == pytest.approx(expected, rel=1e-11)
    best = dense_criterion(X, y, blocks, fit.factors, fit.sigma, reml, weights)
    assert fit.criterion_value == pytest.approx(best, rel=1e-11)


@pytest.mark.parametrize("theta", [[0.7, -0.2, 0.4, 1.1], [0.0, 0.3, 0.2, 0.6], [0.5, 0.3, 0, 0]])
@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_gradients_equal_differences(simulate, theta, reml, count):
    X, y, blocks = simulate(3)
    fit = fit_lmm(X, y, blocks[:count], reml=reml)
    theta = np.array(theta)[: len(fit.theta)]
    at = np.append(theta, 1.2)
    step = 1e-5
    for value in (
        lambda x: criterion(fit, x[:-1])[0],
        lambda x: deviance(fit, x[:-1], x[-1])[0],
    ):
        differences = [
            (value(at + step * e) - value(at - step * e)) / (2 * step) for e in np.eye(len(at))
        ]
        if value(at) == criterion(fit, theta)[0]:
            gradient = np.append(criterion(fit, theta)[1], 0.0)
        else:
            gradient = deviance(fit, theta, 1.2)[1]
        np.testing.assert_allclose(gradient, differences, rtol=1e-6, atol=1e-5)


def test_optimum_is_stationary_and_below_its_surroundings(simulate):
    X, y, blocks = simulate(4)
    fit = fit_lmm(X, y, blocks)
    assert fit.gradient_norm < 1e-5
    for e in np.eye(len(fit.theta)):
        for step in (-1e-2, 1e-2):
            assert criterion(fit, fit.theta + step * e)[0] > fit.criterion_value


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16), scale=st.floats(1e-3, 1e3), origin=st.floats(-100, 100))
def test_rescaling_a_slope_rescales_its_coefficients(simulate, array_block, seed, scale, origin):
    X, y, blocks = simulate(seed % 50)
    fit = fit_lmm(X, y, blocks)
    change = np.array([[1.0, origin * scale], [0.0, scale]])
    moved = X.copy()
    moved[:, :2] = X[:, :2] @ change
    blocks = [array_block("a", blocks[0].codes, moved[:, :2]), blocks[1]]
    other = fit_lmm(moved, y, blocks)
    # REML has the determinant of X in it.
    assert other.loglik == pytest.approx(fit.loglik - np.log(scale), rel=1e-9, abs=1e-6)
    np.testing.assert_allclose(change @ other.beta[:2], fit.beta[:2], rtol=1e-6, atol=1e-7)
    size = np.abs(fit.G[0]).max()
    np.testing.assert_allclose(change @ other.G[0] @ change.T, fit.G[0], atol=1e-5 * size)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_order_of_rows_levels_and_terms_does_not_matter(simulate, array_block, seed):
    X, y, blocks = simulate(5)
    fit = fit_lmm(X, y, blocks)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(y))
    shuffled, names = [], []
    for block in blocks:
        order = rng.permutation(len(block.levels))
        names.append(order)
        shuffled.append(array_block(block.group, order[block.codes][rows], block.Z[rows]))
    other = fit_lmm(X[rows], y[rows], shuffled[::-1])
    assert other.loglik == pytest.approx(fit.loglik, abs=1e-9)
    np.testing.assert_allclose(other.beta, fit.beta, rtol=1e-7)
    for position, order in enumerate(names):
        ours, theirs = other.u[1 - position], fit.u[position]
        np.testing.assert_allclose(ours[order], theirs, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(other.fitted, fit.fitted[rows], rtol=1e-6, atol=1e-7)


def test_weights_count_as_repeated_rows_for_the_coefficients(simulate, array_block):
    X, y, blocks = simulate(6)
    fit = fit_lmm(X, y, blocks, weights=np.full(len(y), 4.0), reml=False)
    plain = fit_lmm(X, y, blocks, reml=False)
    # Weights common to all rows change the scale of sigma and nothing else.
    np.testing.assert_allclose(fit.beta, plain.beta, rtol=1e-7)
    assert fit.sigma == pytest.approx(2.0 * plain.sigma, rel=1e-7)
    assert fit.loglik == pytest.approx(plain.loglik, abs=1e-8)
    np.testing.assert_allclose(fit.G[1], plain.G[1], rtol=1e-6)


def test_offset_moves_the_response(simulate):
    X, y, blocks = simulate(7)
    offset = np.random.default_rng(0).normal(size=len(y)) * 5.0
    fit, plain = fit_lmm(X, y + offset, blocks, offset=offset), fit_lmm(X, y, blocks)
    np.testing.assert_allclose(fit.beta, plain.beta, rtol=1e-8)
    np.testing.assert_allclose(fit.fitted, plain.fitted + offset, rtol=1e-7)


def test_independent_slopes_equal_two_terms(simulate, array_block):
    X, y, blocks = simulate(8)
    codes, Z = blocks[0].codes, blocks[0].Z
    joint = fit_lmm(X, y, [array_block("a", codes, Z, correlated=False)])
    apart = fit_lmm(
        X, y, [array_block("a", codes, Z[:, :1]), array_block("a", codes.copy(), Z[:, 1:])]
    )
    assert joint.loglik == pytest.approx(apart.loglik, abs=1e-9)
    np.testing.assert_allclose(joint.u[0], np.hstack(apart.u), rtol=1e-6, atol=1e-8)
    assert len(joint.theta) == 2


def test_conditional_covariances_equal_dense_ones(simulate):
    X, y, blocks = simulate(9)
    fit = fit_lmm(X, y, blocks)
    columns, prior = [], []
    for block, G in zip(blocks, fit.G, strict=True):
        for level in range(len(block.levels)):
            columns.append(block.Z * (block.codes == level)[:, None])
            prior.append(np.linalg.inv(G))
    Z = np.hstack(columns)
    precision = Z.T @ Z / fit.sigma**2
    start = 0
    for part in prior:
        span = slice(start, start + len(part))
        precision[span, span] += part
        start = span.stop
    dense = np.linalg.inv(precision)
    modes = dense @ Z.T @ (y - X @ fit.beta) / fit.sigma**2
    start = 0
    for u, variances in zip(fit.u, fit.conditional_variances, strict=True):
        q = u.shape[1]
        for mode, variance in zip(u, variances, strict=True):
            span = slice(start, start + q)
            np.testing.assert_allclose(mode, modes[span], rtol=1e-7, atol=1e-9)
            np.testing.assert_allclose(variance, dense[span, span], rtol=1e-7, atol=1e-10)
            start += q


def test_simulated_parameters_are_recovered(array_block):
    rng = np.random.default_rng(10)
    n, levels = 40_000, 2_000
    codes = rng.integers(0, levels, n)
    X = np.column_stack([np.ones(n), rng.normal(size=n)])
    G = np.array([[0.5, 0.2], [0.2, 0.3]])
    b = rng.multivariate_normal([0.0, 0.0], G, levels)
    y = X @ [1.0, -0.5] + (X * b[codes]).sum(1) + 0.7 * rng.normal(size=n)
    fit = fit_lmm(X, y, [array_block("g", codes, X)])
    np.testing.assert_array_less(np.abs(fit.beta - [1.0, -0.5]), 4 * fit.se)
    # The standard error of a variance from 2,000 levels is about 3% of it.
    np.testing.assert_allclose(fit.G[0], G, atol=0.06)
    assert fit.sigma == pytest.approx(0.7, abs=0.015)


@pytest.mark.filterwarnings("ignore::tabmixnn.inference.marginal.SingularFitWarning")
@pytest.mark.filterwarnings("ignore::tabmixnn.inference.marginal.RedundantEffectsWarning")
def test_effects_too_large_to_factorise_are_outside_the_domain(array_block):
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(12), 4)
    # The last column is constant in a level, so that nothing tells it from the first there.
    Z = np.column_stack([np.ones(48), rng.normal(size=48), rng.integers(0, 2, 12)[codes]])
    fit = fit_lmm(Z[:, :1], rng.normal(size=48), [array_block("g", codes, Z)])
    with pytest.raises(CriterionError):
        fit.likelihood.evaluate(1e8 * np.array([1.0, 0.3, 0.2, 1.0, 0.1, 1.0]))
