"""Finite elements on a tensor grid."""

import numpy as np
import pytest

from tabmixnn.encoder.covariance import ParameterError, PositionError, TensorGrid
from tests.tabmixnn.encoder.covariance.oracles import precision, projection

AXES = [
    [np.array([0.0, 1.0, 2.5, 3.0])],
    [np.array([0.0, 1.0, 2.5, 3.0]), np.array([-1.0, 0.5, 1.0])],
    [np.array([0.0, 1.0]), np.array([0.0, 2.0, 3.0]), np.array([-1.0, 0.5, 1.0])],
]


@pytest.fixture(params=AXES, ids=len)
def grid(request):
    return TensorGrid(request.param)


def nodes(grid):
    return np.stack(np.meshgrid(*grid.axes, indexing="ij"), axis=-1).reshape(-1, grid.dim)


@pytest.mark.parametrize("alpha", [1, 2, 3])
def test_eigenfunctions_invert_the_sparse_precision(grid, alpha):
    basis = grid.coefficients(nodes(grid))
    found = (basis * (0.49 + grid.eigenvalues) ** -alpha) @ basis.T
    expected = np.linalg.inv(precision(grid, 0.7, alpha).toarray())
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_interpolation_is_exact_for_multilinear_functions(grid):
    rng = np.random.default_rng(0)
    low, high = (np.array([axis[k] for axis in grid.axes]) for k in (0, -1))
    places = rng.uniform(low, high, size=(20, grid.dim))
    A = projection(grid, places)
    assert np.diff(A.indptr).max() <= 2**grid.dim

    def f(x):
        return np.prod(2.0 + 3.0 * x, axis=1)

    np.testing.assert_allclose(A @ f(nodes(grid)), f(places))
    np.testing.assert_allclose(projection(grid, nodes(grid)).toarray(), np.eye(grid.size))


def test_grid_around_places():
    places = np.array([[0.0, 10.0], [8.0, 12.0], [3.0, 11.0]])
    grid = TensorGrid.around(places, 16, 2.0)
    for axis, low, high in zip(grid.axes, places.min(0), places.max(0), strict=True):
        steps = np.diff(axis)
        inside = (axis[:-1] > low - 1e-9) & (axis[1:] < high + 1e-9)
        np.testing.assert_allclose(steps[inside], 0.5)
        assert axis[0] <= low - 16
        assert axis[-1] >= high + 16
        ratio = steps[1:] / steps[:-1]
        assert ((ratio > 0.9) & (ratio < 1.11)).all()
    assert grid.size < 60 * 60


def test_a_line_in_a_plane_still_has_cells():
    grid = TensorGrid.around(np.array([[0.0, 1.0], [5.0, 1.0]]), 5, 1.0)
    assert projection(grid, np.array([[2.2, 1.0]])).sum() == pytest.approx(1.0)


def test_what_no_grid_can_hold():
    with pytest.raises(PositionError, match="all of these are the same"):
        TensorGrid.around(np.ones((3, 2)), 10, 1.0)
    with pytest.raises(ParameterError, match="two or more ascending"):
        TensorGrid([np.array([0.0, 0.0, 1.0])])
    grid = TensorGrid([np.arange(4.0), np.arange(4.0)])
    with pytest.raises(PositionError, match=r"\(1, 7\) lies outside the grid, .* 0 to 3"):
        grid.weights(np.array([[1.0, 1.0], [1.0, 7.0]]))
    with pytest.raises(PositionError, match="outside the grid"):
        grid.weights(np.array([[np.nan, 1.0]]))
