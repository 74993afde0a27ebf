"""The prior of fixed effects: free of units, of the base rate and of how rows are counted."""

import numpy as np
import pytest

from tabmixnn.inference.additive.prior import FixedPrior
from tabmixnn.inference.additive.space import orthogonal


def prior(X, weights=None):
    return FixedPrior.of(X, orthogonal(X), weights)


@pytest.fixture(scope="module")
def X():
    rng = np.random.default_rng(0)
    return np.column_stack([np.ones(80), rng.normal(size=(80, 3)) * [1.0, 5.0, 0.2]])


@pytest.fixture(scope="module")
def levels():
    """Indicators of four levels, without an intercept, and a number."""
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(4), [5, 15, 20, 40])
    return np.column_stack([np.eye(4)[codes], rng.normal(size=80)])


def test_columns_count_by_their_variance(X):
    np.testing.assert_allclose(prior(X).precision(3.0), 3.0 * np.diag(X.var(axis=0)), atol=1e-12)
    assert prior(X).rank == 3


def test_levels_are_free_together(levels):
    found = prior(levels).precision(2.0)
    same = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(found @ same, 0.0, atol=1e-12)
    assert np.linalg.matrix_rank(found) == prior(levels).rank == 4
    assert np.linalg.eigvalsh(found).min() > -1e-12
    # Of all shifts of the levels the prior takes the one that it likes best.
    effects = np.array([1.0, -0.5, 0.3, 2.0, 0.7])
    shifts = np.linspace(-3.0, 3.0, 60_001)
    shifted = effects[:, None] + np.outer(same, shifts)
    costs = 2.0 * levels.var(axis=0) @ shifted**2
    assert effects @ found @ effects == pytest.approx(costs.min(), rel=1e-6)


def test_weights_are_numbers_of_rows(levels):
    times = np.random.default_rng(2).integers(1, 6, 80)
    found = prior(levels, times.astype(float)).precision(1.0)
    expected = prior(np.repeat(levels, times, axis=0)).precision(1.0)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_an_intercept_alone_leaves_nothing_to_hold_back(X):
    assert not prior(X[:, :1]).varies
    assert prior(X).varies
