"""Isotropic kernels: correlation as a function of distance over lengthscale."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from scipy.special import digamma, gammaln, kve

QUADRATURE_STEP = 0.6
SMALLEST = 1e-10
"""Scaled distances below this count as zero in the general Matérn kernel."""


class Kernel(ABC):
    """Correlation of a stationary isotropic Gaussian process.

    ``value`` and ``slope`` take scaled distances ``r = d / lengthscale`` of any shape.
    """

    @abstractmethod
    def value(self, r: np.ndarray) -> np.ndarray:
        """Correlation at ``r``, one at zero."""

    @abstractmethod
    def slope(self, r: np.ndarray) -> np.ndarray:
        """Derivative in ``r``."""


class RBF(Kernel):
    """``exp(-r^2 / 2)`` (eq. 16)."""

    def value(self, r: np.ndarray) -> np.ndarray:
        """Correlation at ``r``."""
        return np.exp(-0.5 * r * r)

    def slope(self, r: np.ndarray) -> np.ndarray:
        """Derivative in ``r``."""
        return -r * np.exp(-0.5 * r * r)


class Matern12(Kernel):
    """``exp(-r)``: Matérn with smoothness 1/2."""

    def value(self, r: np.ndarray) -> np.ndarray:
        """Correlation at ``r``."""
        return np.exp(-r)

    def slope(self, r: np.ndarray) -> np.ndarray:
        """Derivative in ``r``."""
        return -np.exp(-r)


class Matern32(Kernel):
    """Matérn with smoothness 3/2."""

    def value(self, r: np.ndarray) -> np.ndarray:
        """Correlation at ``r``."""
        z = np.sqrt(3.0) * r
        return (1.0 + z) * np.exp(-z)

    def slope(self, r: np.ndarray) -> np.ndarray:
        """Derivative in ``r``."""
        return -3.0 * r * np.exp(-np.sqrt(3.0) * r)


class Matern52(Kernel):
    """Matérn with smoothness 5/2."""

    def value(self, r: np.ndarray) -> np.ndarray:
        """Correlation at ``r``."""
        z = np.sqrt(5.0) * r
        return (1.0 + z + z * z / 3.0) * np.exp(-z)

    def slope(self, r: np.ndarray) -> np.ndarray:
        """Derivative in ``r``."""
        z = np.sqrt(5.0) * r
        return -np.sqrt(5.0) / 3.0 * z * (1.0 + z) * np.exp(-z)


def log_bessel(nu: float, z: np.ndarray) -> np.ndarray:
    """Logarithm of the modified Bessel function ``K_nu(z)`` at positive ``z``."""
    return np.log(kve(nu, z)) - z


def log_bessel_order_slope(nu: float, z: np.ndarray) -> np.ndarray:
    """Derivative of ``log K_nu(z)`` in its order.

    ``K_nu(z) = int_0^inf exp(-z cosh t) cosh(nu t) dt`` and its derivative has ``t sinh(nu t)`` in
    place of ``cosh(nu t)``. The integrands are even and fall doubly exponentially, where the
    trapezoidal rule is exact to rounding; weights are scaled by their largest so that nothing
    overflows.
    """
    if not z.size:
        return np.zeros(z.shape)
    reach = np.arccosh(1.0 + (800.0 + 40.0 * nu) / float(z.min()))
    # A fixed part of the width of the integrand's peak, at the largest z that still matters.
    step = QUADRATURE_STEP * (nu * nu + 100.0) ** -0.25
    t = np.arange(0.0, reach + step, step)
    growth = np.cosh(t) - 1.0
    top = np.zeros(z.shape)
    bottom = np.zeros(z.shape)
    peak = np.arcsinh(nu / z)
    shift = nu * peak - z * (np.cosh(peak) - 1.0)
    for node, g in zip(t, growth, strict=True):
        weight = (0.5 if node == 0.0 else 1.0) * np.exp(nu * node - z * g - shift)
        mirrored = np.exp(-2.0 * nu * node)
        bottom += weight * (1.0 + mirrored)
        top += weight * node * (1.0 - mirrored)
    return top / bottom


def matern(nu: float, r: np.ndarray) -> np.ndarray:
    """Matérn correlation of any smoothness.

    ``2^(1-nu) / Gamma(nu) z^nu K_nu(z)`` with ``z = sqrt(2 nu) r``: the lengthscale keeps its
    meaning as the smoothness varies.

    Parameters
    ----------
    nu : float
    r : ndarray
        Scaled distances, not negative.

    Returns
    -------
    ndarray
        Of the shape of ``r``.
    """
    distinct, back = np.unique(r, return_inverse=True)
    value = np.ones(len(distinct))
    z, apart = _arguments(nu, distinct)
    value[apart] = np.exp(_log_front(nu, z) + log_bessel(nu, z))
    return value[back].reshape(r.shape)


def matern_slopes(nu: float, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of :func:`matern` in ``r`` and in ``nu``, each of the shape of ``r``."""
    distinct, back = np.unique(r, return_inverse=True)
    by_r, by_nu = np.zeros(len(distinct)), np.zeros(len(distinct))
    z, apart = _arguments(nu, distinct)
    front = _log_front(nu, z)
    # d/dz of z^nu K_nu(z) is -z^nu K_(nu-1)(z).
    by_z = -np.exp(front + log_bessel(abs(nu - 1.0), z))
    order = -np.log(2.0) - digamma(nu) + np.log(z) + log_bessel_order_slope(nu, z)
    by_r[apart] = np.sqrt(2.0 * nu) * by_z
    by_nu[apart] = np.exp(front + log_bessel(nu, z)) * order + by_z * z / (2.0 * nu)
    return by_r[back].reshape(r.shape), by_nu[back].reshape(r.shape)


def _arguments(nu: float, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bessel arguments where they matter, and where that is: elsewhere the correlation is one."""
    z = np.sqrt(2.0 * nu) * r
    apart = (z > SMALLEST) & np.isfinite(kve(nu, np.maximum(z, SMALLEST)))
    return z[apart], apart


def _log_front(nu: float, z: np.ndarray) -> np.ndarray:
    return (1.0 - nu) * np.log(2.0) - gammaln(nu) + nu * np.log(z)


HALF_INTEGERS: dict[float, type[Kernel]] = {0.5: Matern12, 1.5: Matern32, 2.5: Matern52}
