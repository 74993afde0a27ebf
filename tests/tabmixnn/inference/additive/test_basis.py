"""Splines against scipy's, and penalties against quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from tabmixnn.inference.additive.basis import CubicBasis, PathBasis, place_knots

GAUSS_LEGENDRE = np.polynomial.legendre.leggauss(4)
PREDICTORS = {
    "uniform": lambda rng: rng.uniform(-3.0, 5.0, 300),
    "skewed": lambda rng: np.exp(rng.normal(size=300)),
    "long tails": lambda rng: rng.standard_cauchy(300),
    "few values": lambda rng: rng.choice([1.0, 2.0, 4.0, 7.0], 300),
    "mostly zero": lambda rng: np.where(rng.uniform(size=4000) < 0.07, rng.uniform(size=4000), 0),
    "rounding errors": lambda _: np.repeat([0.1, 0.3, 0.1 + 0.2, 0.5, 0.7, 0.9], 5),
}


@pytest.fixture(params=PREDICTORS, ids=str)
def x(request):
    return PREDICTORS[request.param](np.random.default_rng(0))


def natural(basis: CubicBasis) -> CubicSpline:
    return CubicSpline(basis.knots, basis.values, bc_type="natural")


def integrate(f, knots):
    """Integral of a function of points, (m,) to (m, ...), over all intervals of the knots."""
    half, middle = np.diff(knots) / 2.0, (knots[:-1] + knots[1:]) / 2.0
    points = middle[:, None] + half[:, None] * GAUSS_LEGENDRE[0]
    weights = half[:, None] * GAUSS_LEGENDRE[1]
    return np.tensordot(weights.ravel(), f(points.ravel()), axes=1)


def assert_proportional_to_identity(matrix):
    np.testing.assert_allclose(matrix / matrix[0, 0], np.eye(len(matrix)), atol=1e-4)


def test_cubics_are_natural_splines(x):
    basis = CubicBasis.fit(x, 10)
    at = np.linspace(basis.knots[0], basis.knots[-1], 301)
    np.testing.assert_allclose(basis(at), natural(basis)(at), atol=1e-7)
    np.testing.assert_allclose(basis(basis.knots), basis.values, atol=1e-12)


def test_cubics_are_straight_beyond_the_knots(x):
    basis = CubicBasis.fit(x, 10)
    span = basis.knots[-1] - basis.knots[0]
    slopes = natural(basis).derivative()(basis.knots[[0, -1]])
    for end, slope, side in zip(basis.knots[[0, -1]], slopes, (-1.0, 1.0), strict=True):
        away = side * span * np.array([0.01, 0.5, 3.0])
        expected = basis(np.array([end])) + away[:, None] * slope
        np.testing.assert_allclose(basis(end + away), expected, rtol=1e-6, atol=1e-6)


def test_curvature_of_cubics_is_the_square_of_their_coefficients(x):
    basis = CubicBasis.fit(x, 10)
    span = basis.knots[-1] - basis.knots[0]
    curvature = natural(basis).derivative(2)
    gram = integrate(
        lambda at: np.einsum("ni,nj->nij", *[curvature(at) * span**2] * 2), basis.knots
    )
    assert_proportional_to_identity(gram)


def test_cubics_have_no_linear_part(x):
    basis = CubicBasis.fit(x, 10)
    t = (basis.knots - basis.knots[0]) / (basis.knots[-1] - basis.knots[0])
    np.testing.assert_allclose(basis.values.sum(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(t @ basis.values, 0.0, atol=1e-3)
    assert (basis.values**2).sum(axis=1).mean() == pytest.approx(1.0)


def test_paths_are_piecewise_linear_and_constant_beyond(x):
    basis = PathBasis.fit(x, 20)
    middle = (basis.knots[:-1] + basis.knots[1:]) / 2.0
    halves = (basis.values[:-1] + basis.values[1:]) / 2.0
    np.testing.assert_allclose(basis(middle), halves, atol=1e-10)
    ends = basis(basis.knots[[0, -1]] + [-9.0, 9.0])
    np.testing.assert_array_equal(ends, basis.values[[0, -1]])


def test_increments_of_paths_are_the_square_of_their_coefficients(x):
    basis = PathBasis.fit(x, 20)
    slopes = np.diff(basis.values, axis=0) / np.diff(basis.knots)[:, None]
    assert_proportional_to_identity((slopes * np.diff(basis.knots)[:, None]).T @ slopes)
    np.testing.assert_allclose(basis.values.sum(axis=0), 0.0, atol=1e-8)


@pytest.mark.parametrize("size", [4, 10])
def test_few_values_are_the_knots(size):
    values = np.array([1.0, 2.0, 4.0, 7.0])
    np.testing.assert_array_equal(place_knots(np.tile(values, 9), size), values)
    assert CubicBasis.fit(values, size).values.shape == (4, 2)
    assert PathBasis.fit(values[:2], size).values.shape == (2, 1)


def test_knots_follow_the_rows_unless_values_are_few():
    rng = np.random.default_rng(1)
    rows = np.exp(rng.normal(size=2000))
    np.testing.assert_allclose(place_knots(rows, 3), np.quantile(rows, [0, 0.25, 0.5, 0.75, 1]))
    counts = np.append(np.zeros(900), np.arange(100.0))
    np.testing.assert_allclose(
        place_knots(counts, 3), np.quantile(np.arange(100.0), [0, 0.25, 0.5, 0.75, 1])
    )


def test_repeated_quantiles_leave_enough_knots():
    rng = np.random.default_rng(2)
    rows = np.append(np.zeros(3000), rng.uniform(1.0, 2.0, 250))
    assert len(place_knots(rows, 10)) == 12


def test_knots_keep_a_distance():
    knots = place_knots(PREDICTORS["rounding errors"](None), 10)
    np.testing.assert_allclose(knots, [0.1, 0.3, 0.5, 0.7, 0.9])
