"""The minimiser on functions with known minima."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.marginal.boundary import minimize_with_boundary
from tabmixnn.inference.marginal.minimize import difference_hessian, minimize
from tabmixnn.inference.marginal.profiled import CriterionError


def rosenbrock(x):
    a, b = 1.0 - x[0], x[1] - x[0] ** 2
    return a * a + 100.0 * b * b, np.array([-2.0 * a - 400.0 * x[0] * b, 200.0 * b])


def test_curved_valley():
    found = minimize(rosenbrock, np.array([-1.2, 1.0]))
    assert found.converged
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-6)


def test_units_do_not_matter():
    scale = np.array([0.05, 1e4])

    def stretched(x):
        value, gradient = rosenbrock(x / scale)
        return value, gradient / scale

    found = minimize(stretched, np.array([-1.2, 1.0]) * scale)
    np.testing.assert_allclose(found.x / scale, [1.0, 1.0], atol=1e-4)


def test_points_outside_the_domain_shorten_the_step():
    def barrier(x):
        if x[0] <= 0:
            raise CriterionError("outside")
        return float(x[0] - np.log(x[0])), 1.0 - 1.0 / x

    found = minimize(barrier, np.array([30.0]))
    np.testing.assert_allclose(found.x, [1.0], rtol=1e-6)


def test_a_start_outside_the_domain_is_an_error():
    def nowhere(x):
        return np.inf, x

    with pytest.raises(CriterionError, match="start values"):
        minimize(nowhere, np.array([1.0]))


def test_difference_hessian_of_a_quadratic():
    A = np.array([[2.0, 0.5], [0.5, 1.0]])
    x = np.array([0.3, -2.0])
    for given in (None, A @ x):
        found = difference_hessian(lambda z: (0.0, A @ z), x, given, 1e-4)
        np.testing.assert_allclose(found, A, rtol=1e-8)


class Wells:
    """Even in its scale, with a minimum at zero and a deeper one further out."""

    scales = np.array([0])

    def __init__(self, depth):
        self.depth = depth

    def __call__(self, x):
        t = x[0] ** 2
        bump = np.exp(-((t - 4.0) ** 2) / 8.0)
        slope = 0.1 + self.depth * bump * (t - 4.0) / 4.0
        return float(0.1 * t - self.depth * bump), np.array([slope * 2.0 * x[0]])

    def curvature(self, x):
        value, gradient = self(x)
        return value, gradient, difference_hessian(self, x, gradient, 1e-4)


@pytest.mark.parametrize(("depth", "expected"), [(0.0, 0.0), (0.6, 1.8)])
def test_zero_is_exact_and_does_not_hide_a_better_minimum(depth, expected):
    found = minimize_with_boundary(Wells(depth), np.array([0.3]), 1e-13)
    if expected == 0.0:
        assert found.x[0] == 0.0
    else:
        assert abs(found.x[0]) == pytest.approx(expected, abs=0.1)


def test_a_place_where_one_scale_cannot_vanish_is_no_end():
    """With the first scale at zero the second has no value: another is looked for."""

    class Corner:
        scales = np.array([0, 1])

        def __call__(self, x):
            if abs(x[0]) < 1e-12:
                raise CriterionError("outside")
            a, b = x[0] ** 2, x[1] ** 2
            value = (a - 1e-6) ** 2 + (b - 1.0) ** 2
            return value, np.array([4 * x[0] * (a - 1e-6), 4 * x[1] * (b - 1.0)])

        def curvature(self, x):
            value, gradient = self(x)
            return value, gradient, difference_hessian(self, x, gradient, 1e-4)

    found = minimize_with_boundary(Corner(), np.array([0.5, 0.5]), 1e-13)
    assert found.x[0] != 0.0
    assert abs(found.x[1]) == pytest.approx(1.0, abs=1e-4)
