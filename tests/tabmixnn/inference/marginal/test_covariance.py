"""Every relative covariance factor: shape, derivatives, adjoint and round trip."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.marginal.covariance import Diagonal, Unstructured
from tabmixnn.inference.marginal.smallblocks import (
    inverse_and_logdet,
    reverse_cholesky,
    semidefinite_cholesky,
)


@pytest.fixture(params=[(Unstructured, 1), (Unstructured, 3), (Diagonal, 1), (Diagonal, 4)])
def structure(request):
    kind, size = request.param
    return kind(size)


@pytest.fixture
def params(structure):
    return np.random.default_rng(0).normal(size=structure.n_params)


def test_factor_is_lower_triangular_and_round_trips(structure, params):
    factor = structure.factor(params)
    np.testing.assert_array_equal(factor, np.tril(factor))
    np.testing.assert_array_equal(structure.from_factor(factor), params)


def test_derivatives_and_pullback_equal_differences(structure, params):
    derivatives = structure.derivatives(params)
    bar = np.random.default_rng(1).normal(size=(structure.size, structure.size))
    for j, e in enumerate(np.eye(structure.n_params)):
        ahead, behind = structure.factor(params + 1e-6 * e), structure.factor(params - 1e-6 * e)
        difference = (ahead - behind) / 2e-6
        np.testing.assert_allclose(derivatives[j], difference, atol=1e-9)
        assert structure.pullback(params, bar)[j] == pytest.approx((bar * difference).sum())


def test_start_has_the_deviations(structure):
    sd = np.arange(1.0, structure.size + 1.0)
    np.testing.assert_array_equal(structure.factor(structure.start(sd)), np.diag(sd))


def test_a_zero_scale_makes_the_covariance_singular(structure, params):
    for place in structure.scales:
        changed = params.copy()
        changed[place] = 0.0
        assert np.linalg.matrix_rank(structure.factor(changed)) < structure.size


def test_theta_is_in_the_order_of_lme4():
    factor = Unstructured(3).factor(np.arange(1.0, 7.0))
    np.testing.assert_array_equal(factor, [[1, 0, 0], [2, 4, 0], [3, 5, 6]])


def test_theta_is_named_as_lme4_names_it():
    names = ["(Intercept)", "x"]
    assert Unstructured(2).theta_names("g", names) == ["g.(Intercept)", "g.x.(Intercept)", "g.x"]
    assert Diagonal(2).theta_names("g", names) == ["g.(Intercept)", "g.x"]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_small_blocks_invert(size):
    root = np.random.default_rng(2).normal(size=(20, size, size))
    blocks = root @ root.transpose(0, 2, 1) + np.eye(size)
    inverse, logdet = inverse_and_logdet(blocks)
    np.testing.assert_allclose(inverse, np.linalg.inv(blocks), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(logdet, np.linalg.slogdet(blocks)[1], rtol=1e-12)


def test_reverse_cholesky_multiplies_back():
    root = np.random.default_rng(3).normal(size=(4, 4))
    gram = root @ root.T
    lower = reverse_cholesky(gram)
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_allclose(lower.T @ lower, gram, rtol=1e-10)


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_semidefinite_cholesky_has_the_rank(rank):
    root = np.random.default_rng(4).normal(size=(3, rank))
    cov = root @ root.T
    lower = semidefinite_cholesky(cov)
    np.testing.assert_allclose(lower @ lower.T, cov, atol=1e-12)
    assert (np.diagonal(lower) > 0).sum() == rank
