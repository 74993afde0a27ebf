"""Kernels and autocorrelations against closed forms and direct integration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import kv

from tabmixnn.encoder.covariance import gaussian_process
from tabmixnn.encoder.covariance.arma import autocorrelation, from_partial, to_partial
from tabmixnn.encoder.covariance.kernels import (
    RBF,
    Matern12,
    Matern32,
    Matern52,
    log_bessel_order_slope,
    matern,
    matern_slopes,
)

R = np.array([0.0, 1e-12, 1e-6, 0.01, 0.3, 1.0, 2.5, 9.0])


@pytest.mark.parametrize(("nu", "kernel"), [(0.5, Matern12), (1.5, Matern32), (2.5, Matern52)])
def test_general_matern_has_the_closed_forms_as_special_cases(nu, kernel):
    np.testing.assert_allclose(matern(nu, R), kernel().value(R), rtol=1e-10)
    apart = R > 1e-8
    slopes = kernel().slope(R)[apart]
    np.testing.assert_allclose(matern_slopes(nu, R)[0][apart], slopes, rtol=1e-8, atol=1e-12)


def test_a_very_smooth_matern_is_all_but_rbf():
    np.testing.assert_allclose(matern(49.0, R), RBF().value(R), atol=0.01)


@pytest.mark.parametrize("kernel", [RBF(), Matern12(), Matern32(), Matern52()])
def test_kernel_slopes_are_those_of_differences(kernel):
    r = np.array([0.05, 0.4, 1.7])
    numeric = (kernel.value(r + 1e-6) - kernel.value(r - 1e-6)) / 2e-6
    np.testing.assert_allclose(kernel.slope(r), numeric, atol=1e-9)


@pytest.mark.parametrize("nu", [0.05, 0.4, 1.0, 3.7, 12.0, 48.0])
def test_matern_slopes_are_those_of_differences(nu):
    r = np.array([1e-4, 0.02, 0.5, 1.3, 4.0])
    step = 1e-5 * nu
    numeric = (matern(nu + step, r) - matern(nu - step, r)) / (2 * step)
    np.testing.assert_allclose(matern_slopes(nu, r)[1], numeric, atol=1e-8)


@pytest.mark.parametrize(("nu", "z"), [(0.3, 0.01), (1.2, 0.7), (6.0, 3.0), (30.0, 15.0)])
def test_derivative_of_the_bessel_function_in_its_order(nu, z):
    def integrand(t):
        return t * np.sinh(nu * t) * np.exp(-z * np.cosh(t))

    reach = float(np.arccosh(1 + 700.0 / z)) if z < 1 else 8.0
    value = quad(integrand, 0.0, reach, epsabs=0, epsrel=1e-12, limit=500)[0] / kv(nu, z)
    assert log_bessel_order_slope(nu, np.array([z]))[0] == pytest.approx(value, rel=1e-9)


def test_rbf_is_equation_16():
    structure = gaussian_process(2.0)
    places = np.array([[0.0, 0.0], [3.0, 4.0]])
    assert structure.matrix(structure.start, places)[0, 1] == pytest.approx(np.exp(-25.0 / 8.0))


def test_ar1_is_an_arma_of_order_one():
    found = autocorrelation(np.array([-0.6]), np.zeros(0), 6)
    np.testing.assert_allclose(found, (-0.6) ** np.arange(7))


def test_moving_average_of_order_one():
    found = autocorrelation(np.zeros(0), np.array([0.5]), 4)
    np.testing.assert_allclose(found, [1.0, 0.5 / 1.25, 0, 0, 0], atol=1e-15)


def test_autocorrelation_is_that_of_the_process_of_equation_11():
    phi, theta = np.array([0.5, -0.3]), np.array([0.4, 0.2, -0.5])
    psi = np.zeros(400)
    for j in range(400):
        psi[j] = 1.0 if j == 0 else (theta[j - 1] if j <= 3 else 0.0)
        psi[j] += sum(phi[i] * psi[j - 1 - i] for i in range(min(2, j)))
    gamma = np.array([psi[: 400 - k] @ psi[k:] for k in range(9)])
    np.testing.assert_allclose(autocorrelation(phi, theta, 8), gamma / gamma[0], atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_partial_autocorrelations_give_stationary_coefficients_and_back(seed):
    partial = np.random.default_rng(seed).uniform(-0.98, 0.98, 4)
    phi = from_partial(partial)
    roots = np.roots(np.concatenate([[1.0], -phi]))
    assert np.abs(roots).max() < 1.0
    np.testing.assert_allclose(to_partial(phi), partial, atol=1e-9)


def test_coefficients_that_are_not_stationary_have_none():
    assert not np.isfinite(to_partial(np.array([0.7, 0.4]))).any()
