"""Block storage against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.marginal.blocklayout import BlockFactor, BlockLayout
from tabmixnn.inference.marginal.profiled import CriterionError


@pytest.fixture(params=["one", "many small", "uneven", "large"])
def blocks(request):
    rng = np.random.default_rng(0)
    return {
        "one": np.zeros(9, dtype=int),
        "many small": rng.permutation(np.repeat(np.arange(12), 3)),
        "uneven": rng.permutation(np.repeat(np.arange(6), [1, 2, 13, 9, 30, 2])),
        "large": np.repeat(np.arange(2), [120, 103]),
    }[request.param]


@pytest.fixture
def stored(blocks):
    """A positive definite matrix with these blocks, dense and in its layout."""
    rng = np.random.default_rng(1)
    root = rng.normal(size=(len(blocks), len(blocks)))
    dense = (root @ root.T + 5.0 * np.eye(len(blocks))) * (blocks[:, None] == blocks[None, :])
    layout = BlockLayout(blocks)
    flat = np.zeros(layout.size)
    rows, cols = np.nonzero(dense)
    flat[layout.index(rows, cols)] = dense[rows, cols]
    return dense, layout, flat


def upper(layout, dense):
    """The layout's vector with its lower triangle left empty."""
    flat = np.zeros(layout.size)
    rows, cols = np.nonzero(np.triu(dense))
    flat[layout.index(rows, cols)] = dense[rows, cols]
    return flat


def test_dense_matrix_comes_back(stored):
    dense, layout, flat = stored
    np.testing.assert_array_equal(layout.dense(flat), dense)


def test_mirror_fills_the_lower_triangle(stored):
    dense, layout, _ = stored
    np.testing.assert_array_equal(layout.dense(layout.mirror(upper(layout, dense))), dense)


def test_products(stored, blocks):
    dense, layout, flat = stored
    rng = np.random.default_rng(2)
    A, B = rng.normal(size=(2, len(dense), 3))
    np.testing.assert_allclose(layout.times(flat, A), dense @ A, rtol=1e-12, atol=1e-12)
    same = blocks[:, None] == blocks[None, :]
    np.testing.assert_allclose(layout.dense(layout.outer(A, B)), (A @ B.T) * same, atol=1e-13)
    scale = rng.normal(size=len(dense))
    scaled = layout.dense(layout.scaled(flat, scale))
    np.testing.assert_allclose(scaled, dense * np.outer(scale, scale), rtol=1e-13)


def test_factor_solves_inverts_and_has_the_determinant(stored):
    dense, layout, flat = stored
    X = np.random.default_rng(3).normal(size=(len(dense), 2))
    matrix = upper(layout, dense)
    padding = flat[layout.diagonal] == 0.0
    matrix[layout.diagonal[padding]] = 1.0
    factor = BlockFactor(layout, matrix)
    assert factor.logdet == pytest.approx(np.linalg.slogdet(dense)[1], rel=1e-12)
    np.testing.assert_allclose(factor.solve(X), np.linalg.solve(dense, X), rtol=1e-8, atol=1e-11)
    inverse = layout.dense(layout.mirror(factor.inverse()))
    np.testing.assert_allclose(inverse, np.linalg.inv(dense), rtol=1e-7, atol=1e-11)


def test_indefinite_matrices_are_refused(stored):
    dense, layout, _ = stored
    matrix = upper(layout, -dense)
    matrix[layout.diagonal[matrix[layout.diagonal] == 0.0]] = 1.0
    with pytest.raises(CriterionError, match="not positive definite"):
        BlockFactor(layout, matrix)
