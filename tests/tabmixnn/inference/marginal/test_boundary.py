"""Fits whose optimum has a variance of zero or a perfect correlation."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tabmixnn.inference.marginal import SingularFitWarning, fit_glmm, fit_lmm
from tests.tabmixnn.inference.marginal.at_theta import criterion


@pytest.fixture
def grid():
    codes = np.repeat(np.arange(8), 10)
    x = np.tile(np.arange(10.0), 8)
    return codes, np.column_stack([np.ones(80), x])


def quiet_fit(*args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SingularFitWarning)
        return fit_lmm(*args, **options)


def test_zero_variance_is_exact_and_named(grid, array_block):
    codes, X = grid
    y = X[:, 1] * 0.1 + np.tile(np.random.default_rng(1).normal(size=10), 8)
    y = y + 1e-3 * np.random.default_rng(2).normal(size=80)
    with pytest.warns(SingularFitWarning, match=r"variance of z0 in group 'g' is zero"):
        fit = fit_lmm(X, y, [array_block("g", codes, np.ones((80, 1)))])
    assert fit.theta.tolist() == [0.0]
    assert fit.is_singular
    assert not fit.u[0].any()
    # The model is then ordinary regression.
    beta, rss, *_ = np.linalg.lstsq(X, y, rcond=None)
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-9)
    assert fit.sigma == pytest.approx(np.sqrt(rss[0] / 78), rel=1e-9)


def test_effects_that_are_fixed_ones_too_have_no_variance(grid, array_block):
    codes, X = grid
    rng = np.random.default_rng(4)
    y = X[:, 1] * 0.1 + rng.normal(size=8)[codes] + rng.normal(size=80)
    each = np.column_stack([X[:, 1], codes[:, None] == np.arange(8)])
    with pytest.warns(SingularFitWarning, match=r"variance of z0 in group 'g' is zero"):
        fit = fit_lmm(each, y, [array_block("g", codes, np.ones((80, 1)))])
    assert fit.theta.tolist() == [0.0]
    np.testing.assert_allclose(fit.beta, np.linalg.lstsq(each, y, rcond=None)[0], rtol=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_singular_fit_is_no_worse_than_any_neighbour(grid, array_block, seed):
    codes, X = grid
    rng = np.random.default_rng(seed)
    y = X @ [1.0, 0.1] + 0.2 * rng.normal(size=8)[codes] + rng.normal(size=80)
    fit = quiet_fit(X, y, [array_block("g", codes, X)])
    assert np.isfinite(fit.loglik)
    for _ in range(200):
        theta = fit.theta + rng.normal(size=3) * 10.0 ** rng.uniform(-4, 0) * [1, 0.1, 0.1]
        assert criterion(fit, theta)[0] >= fit.criterion_value - 1e-8


def test_perfect_correlation_is_reported(grid, array_block):
    codes, X = grid
    rng = np.random.default_rng(3)
    b = rng.normal(size=8)
    y = X @ [1.0, 0.1] + b[codes] * (1.0 + 0.2 * X[:, 1]) + 0.5 * rng.normal(size=80)
    with pytest.warns(SingularFitWarning, match="perfect correlation"):
        fit = fit_lmm(X, y, [array_block("g", codes, X)])
    G = fit.G[0]
    assert G[0, 1] ** 2 == pytest.approx(G[0, 0] * G[1, 1], rel=1e-10)
    assert fit.theta[2] == 0.0


def test_one_of_two_factors_can_vanish(array_block):
    rng = np.random.default_rng(4)
    n = 300
    a, b = np.arange(n) // 15, np.arange(n) % 5
    y = rng.normal(size=20)[a] + rng.normal(size=n)
    y = y - np.array([y[b == level].mean() for level in range(5)])[b]
    X = np.ones((n, 1))
    blocks = [array_block("a", a, X), array_block("b", b, X)]
    fit = quiet_fit(X, y, blocks)
    alone = quiet_fit(X, y, blocks[:1])
    assert fit.theta[1] == 0.0
    assert fit.theta[0] == pytest.approx(alone.theta[0], rel=1e-6)
    assert fit.loglik == pytest.approx(alone.loglik, abs=1e-9)


def test_variances_far_from_the_start_are_found(array_block):
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(30), 5)
    for size in (0.02, 1.0, 300.0):
        y = size * rng.normal(size=30)[codes] + rng.normal(size=150)
        fit = quiet_fit(np.ones((150, 1)), y, [array_block("g", codes, np.ones((150, 1)))])
        grid = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 400)])
        best = min(criterion(fit, np.array([t]))[0] for t in grid)
        assert fit.criterion_value <= best + 1e-9


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(6))
def test_an_effect_that_one_row_has_ends_the_search_soon(seed, array_block):
    """Its variance and correlation are anything: steps of them had held up those of all others."""
    rng = np.random.default_rng(seed)
    z, g = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    y = (rng.random(60) < 0.55).astype(float)
    y[0] = 1.0
    first = np.arange(60) == 0
    X = np.column_stack([np.ones(60), first, z])
    effects = [np.ones((60, 1)), np.column_stack([~first, first]).astype(float)]
    blocks = [array_block("g", g, Z) for Z in effects]
    found = fit_glmm(X, y, blocks, family="binomial")
    assert found.n_eval < 1000
    plain = fit_glmm(X, y, blocks[:1], family="binomial")
    assert found.loglik >= plain.loglik - 1e-3
