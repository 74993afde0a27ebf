"""Satterthwaite and Kenward-Roger: exact cases and a dense computation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import f_oneway

from tabmixnn.inference.marginal import DesignError, fit_lmm
from tabmixnn.inference.marginal.kenward_roger import KenwardRoger
from tabmixnn.inference.marginal.satterthwaite import Satterthwaite


@pytest.fixture(scope="module")
def split_plot():
    """Twelve whole plots in three treatments, four subplots each: exact F tests exist."""
    rng = np.random.default_rng(30)
    plot = np.repeat(np.arange(12), 4)
    treatment, sub = plot % 3, np.tile(np.arange(4), 12)
    X = np.column_stack([np.ones(48), treatment == 1, treatment == 2, sub == 1, sub == 2, sub == 3])
    y = X @ [1, 0.5, 1.0, 0.2, 0.1, 0.4] + rng.normal(size=12)[plot] + rng.normal(size=48)
    return X.astype(float), y, plot, treatment


def fitted_methods(X, y, plot, array_block):
    fit = fit_lmm(X, y, [array_block("plot", plot, np.ones((48, 1)))])
    return [Satterthwaite(fit).test, KenwardRoger(fit).test]


def test_whole_plot_f_test_is_the_anova_of_plot_means(split_plot, array_block):
    X, y, plot, _ = split_plot
    methods = fitted_methods(X, y, plot, array_block)
    means = np.array([y[plot == p].mean() for p in range(12)])
    exact = f_oneway(*(means[np.arange(12) % 3 == t] for t in range(3)))
    for method in methods:
        test = method(np.eye(6)[1:3])
        assert test.numerator_df == 2
        assert test.df == pytest.approx(9.0, rel=1e-3)
        assert test.statistic == pytest.approx(exact.statistic, rel=1e-4)
        assert test.p_value == pytest.approx(exact.pvalue, rel=1e-3)


def test_subplot_contrasts_have_the_residual_degrees_of_freedom(split_plot, array_block):
    X, y, plot, _ = split_plot
    methods = fitted_methods(X, y, plot, array_block)
    for method in methods:
        assert method(np.eye(6)[3]).df == pytest.approx(33.0, rel=1e-3)
        joint = method(np.eye(6)[3:])
        assert joint.df == pytest.approx(33.0, rel=1e-3)
        assert joint.numerator_df == 3


def dense_kenward_roger(fit, blocks, X):
    """Kenward and Roger 1997 written with n by n matrices, for terms of one column each."""
    n = len(X)
    G = [np.eye(n)]
    G += [(b.codes[:, None] == b.codes[None, :]) * np.outer(b.Z, b.Z) for b in blocks]
    V = fit.sigma**2 * G[0] + sum(g[0, 0] * part for g, part in zip(fit.G, G[1:], strict=True))
    W = np.linalg.inv(V)
    phi = np.linalg.inv(X.T @ W @ X)
    k = range(len(G))
    P = [-X.T @ W @ G[i] @ W @ X for i in k]
    Q = [[X.T @ W @ G[i] @ W @ G[j] @ W @ X for j in k] for i in k]
    info = np.array(
        [
            [
                np.trace(W @ G[i] @ W @ G[j])
                - 2 * np.trace(phi @ Q[i][j])
                + np.trace(phi @ P[i] @ phi @ P[j])
                for j in k
            ]
            for i in k
        ]
    )
    cov = 2 * np.linalg.inv(info)
    adjust = sum(cov[i, j] * (Q[i][j] - P[i] @ phi @ P[j]) for i in k for j in k)
    return phi + 2 * phi @ adjust @ phi


def test_kenward_roger_equals_the_dense_formula(simulate, array_block):
    X, y, blocks = simulate(31, n=60)
    rng = np.random.default_rng(0)
    uneven = [array_block("a", rng.integers(0, 7, 60), np.ones((60, 1))), blocks[1]]
    y = y + rng.normal(size=7)[uneven[0].codes]
    fit = fit_lmm(X, y, uneven)
    expected = dense_kenward_roger(fit, uneven, X)
    np.testing.assert_allclose(KenwardRoger(fit).vcov, expected, rtol=1e-8)


def test_slopes_and_weights_are_understood(simulate):
    X, y, blocks = simulate(32)
    fit = fit_lmm(X, y, blocks, weights=np.random.default_rng(1).uniform(0.5, 2.0, len(y)))
    kenward, satterthwaite = KenwardRoger(fit), Satterthwaite(fit)
    for row in np.eye(3):
        exact, approximate = kenward.test(row), satterthwaite.test(row)
        assert exact.df == pytest.approx(approximate.df, rel=0.15)
        assert exact.se[0] >= approximate.se[0] * (1 - 1e-6)


def test_contrasts_are_checked(simulate):
    X, y, blocks = simulate(33)
    satterthwaite = Satterthwaite(fit_lmm(X, y, blocks))
    with pytest.raises(DesignError, match="2 columns, but 3 effects"):
        satterthwaite.test(np.eye(2))
    with pytest.raises(DesignError, match="linearly dependent"):
        satterthwaite.test(np.ones((2, 3)))
    with pytest.raises(DesignError, match="needs a REML fit"):
        KenwardRoger(fit_lmm(X, y, blocks, reml=False))


@pytest.mark.parametrize(
    ("scale", "origin", "unit", "weight"),
    [(1.0, 2000.0, 1.0, 1.0), (86_400.0, 0.0, 1.0, 1.0), (1e6, 2e4, 1e-6, 1.0), (1, 0, 1e9, 1e-6)],
)
def test_units_and_origins_say_nothing(array_block, scale, origin, unit, weight):
    """Neither those of the response and a slope's predictor nor that of the weights."""
    rng = np.random.default_rng(5)
    subject, day = np.repeat(np.arange(18), 10), np.tile(np.arange(10.0), 18)
    y = 250 + 10 * day + rng.normal(0, 25, 18)[subject] + rng.normal(0, 6, 18)[subject] * day
    y += rng.normal(0, 25, 180)

    def df(x, y, **options):
        X = np.column_stack([np.ones(180), x])
        found = Satterthwaite(fit_lmm(X, y, [array_block("subject", subject, X)], **options))
        # The intercept at the mean, and the slope: both do not depend on the origin.
        return [found.test(row).df for row in ([1.0, x.mean()], [0.0, 1.0])]

    found = df(scale * (day + origin), unit * y, weights=np.full(180, weight))
    np.testing.assert_allclose(found, df(day, y), rtol=1e-4)
    np.testing.assert_allclose(found, 17.0, rtol=1e-3)
