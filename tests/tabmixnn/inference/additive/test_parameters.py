"""Vectors of parameters and what they stand for."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from tabmixnn.inference.additive.matrices import Block, Matrices
from tabmixnn.inference.additive.parameters import (
    HIGHEST,
    LARGEST,
    LOWEST,
    START,
    Parameters,
)


def parameters():
    """Two terms, the first both beside Z and in it, and two blocks around its column of Z."""
    return Parameters(
        Matrices(
            X=np.ones((3, 1)),
            R=np.ones((3, 2)),
            S=sp.csr_array((3, 0)),
            side_terms=np.array([1, 0]),
            Z=np.ones((3, 4)),
            own_terms=np.array([-1, -1, 0, -1]),
            blocks=(Block(0, 2), Block(3, 1)),
            codes=np.zeros(3, dtype=np.int64),
            n_levels=1,
            n_terms=2,
        )
    )


def test_scales_read_the_vector():
    x = np.log([2.0, 3.0, 0.5, 1.0, 0.7, 1.5])
    x[3] = -0.4
    found = parameters().scales(x)
    np.testing.assert_allclose(found.side, [3.0, 2.0])
    own = [[0.5, 0, 0, 0], [-0.4, 0.7, 0, 0], [0, 0, 2.0, 0], [0, 0, 0, 1.5]]
    np.testing.assert_allclose(found.own, own)


def test_vector_and_factors_are_inverse():
    x = np.random.default_rng(0).normal(size=len(parameters()))
    deviations, factors = parameters().factors(x)
    np.testing.assert_allclose(parameters().vector(np.log(deviations), factors), x)


def test_zero_deviations_start_at_the_lowest():
    x = parameters().vector(np.zeros(2), [np.zeros((2, 2)), np.zeros((1, 1))])
    np.testing.assert_array_equal(x, [0.0, 0.0, LOWEST, 0.0, LOWEST, LOWEST])


def test_covariances_alone_are_next_to_unbounded():
    is_log = [True, True, True, False, True, True]
    np.testing.assert_array_equal(parameters().is_log, is_log)
    lower, upper = parameters().bounds()
    np.testing.assert_array_equal(lower, np.where(is_log, LOWEST, -LARGEST))
    np.testing.assert_array_equal(upper, np.where(is_log, HIGHEST, LARGEST))


def test_curvature_is_that_of_a_square():
    """Of ``trace(G T T')`` by entries of T, relative ones on its diagonal."""
    known, x = parameters(), np.array([0.3, -0.5, -0.2, 0.7, 0.4, -0.1])
    G = np.array([[2.0, 0.6], [0.6, 1.5]])
    scales = known.scales(x)
    factor = scales.own[:2, :2]

    def criterion(change):
        first, beside, second = change
        moved = factor * [[1.0 + first, 0.0], [1.0, 1.0 + second]] + [[0.0, 0.0], [beside, 0.0]]
        return np.trace(G @ moved @ moved.T)

    own = np.zeros((4, 4))
    own[:2, :2] = factor.T @ G @ factor
    expected, half = np.zeros((6, 6)), 0.5 * np.eye(3)
    for i in range(3):
        for j in range(3):
            corners = [(a, b, a * b) for a in (-1, 1) for b in (-1, 1)]
            expected[2 + i, 2 + j] = sum(
                sign * criterion(a * half[i] + b * half[j]) for a, b, sign in corners
            )
    np.testing.assert_allclose(known.curvature(scales, own), expected, atol=1e-12)
    np.testing.assert_allclose(known.curvature(scales, -own), 0.0, atol=1e-12)


def test_lifted_are_logarithms_that_are_free():
    x = np.array([-5.0, 1.0, -4.0, -3.0, 2.0, -6.0])
    np.testing.assert_array_equal(parameters().lifted(x), [START, 1.0, START, -3.0, 2.0, START])
    held = np.array([True, False, False, False, False, True])
    np.testing.assert_array_equal(parameters().lifted(x, held), [-5.0, 1.0, START, -3.0, 2.0, -6.0])


def test_rescaled_multiplies_every_deviation(read, curves):
    found = read("y ~ x + (1 + x | g) + (1 | h)", curves(groups=6))
    parameters = found.fit(steps=0)[1].parameters
    x = np.random.default_rng(0).normal(size=len(parameters))
    deviations, factors = parameters.factors(x)
    more, larger = parameters.factors(parameters.rescaled(x, 1.7))
    np.testing.assert_allclose(more, 1.7 * deviations)
    np.testing.assert_allclose(larger, 1.7 * np.array(factors))
