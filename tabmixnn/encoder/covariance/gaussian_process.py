"""Gaussian processes on coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .base import Correlation
from .context import Context
from .domains import Domain, Interval, Positive, Scale
from .errors import ParameterError
from .kernels import HALF_INTEGERS, RBF, Kernel, Matern52, matern, matern_slopes
from .spatial import Spatial, coordinates, distances

SMOOTHEST = 50.0
"""Upper bound of the smoothness: the kernel is all but RBF long before."""


class GaussianProcess(Spatial):
    """Gaussian process with a kernel of distance over lengthscale (eq. 16 with RBF).

    Parameters
    ----------
    lengthscale : float
        Start value, in the units of the coordinates.
    kernel : Kernel, optional
        RBF unless given.
    bounds : tuple of float, optional
        Ends of the lengthscale; any positive number without them.
    hold : iterable of str
    """

    type = "GP"
    keys = ("lengthscale", "coordinates_col", "kernel", "nu", "estimate_nu")

    def __init__(
        self,
        lengthscale: float = 1.0,
        kernel: Kernel | None = None,
        *,
        bounds: tuple[float, float] | None = None,
        hold: Iterable[str] = (),
    ) -> None:
        super().__init__({"lengthscale": _length_domain(bounds)}, [lengthscale], hold)
        self.kernel = RBF() if kernel is None else kernel

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Correlation:
        """``kernel``, ``lengthscale``, and for the Matérn kernel ``nu`` and ``estimate_nu``.

        A lengthscale that is not given starts at a fifth of the extent of the coordinates. It
        stays between a thousandth and thirty times the extent (or its start, where that is wider).
        """
        extent = float(np.linalg.norm(np.ptp(coordinates(entry, context), axis=0)))
        start = entry.get("lengthscale", 0.2 * extent or 1.0)
        return gaussian_process(
            start,
            entry.get("kernel", "RBF"),
            entry.get("nu", 1.5),
            estimate_nu=bool(entry.get("estimate_nu", False)),
            bounds=_bounds(extent, start),
            hold=entry.get("hold", ()),
        )

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[GaussianProcess, np.ndarray]:
        """Places in the unit square."""
        return cls(0.3, Matern52()), rng.uniform(size=(size, 2))

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Kernel at the scaled distances."""
        return self.kernel.value(distances(left, right) / values[0])

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Derivative in the lengthscale."""
        r = distances(left, right) / values[0]
        return (-self.kernel.slope(r) * r / values[0])[None]


class Matern(Spatial):
    """Gaussian process with a Matérn kernel of any smoothness.

    Smoothness 1/2, 3/2 and 5/2, when held, have closed forms: see :func:`gaussian_process`.

    Parameters
    ----------
    lengthscale, nu : float
        Start values; ``nu`` is the smoothness, below 50.
    bounds : tuple of float, optional
        Ends of the lengthscale; any positive number without them.
    hold : iterable of str
    """

    type = "Matern"
    keys = ("lengthscale", "coordinates_col", "nu", "estimate_nu")

    def __init__(
        self,
        lengthscale: float = 1.0,
        nu: float = 1.5,
        *,
        bounds: tuple[float, float] | None = None,
        hold: Iterable[str] = (),
    ) -> None:
        domains = {"lengthscale": _length_domain(bounds), "nu": Interval(0.0, SMOOTHEST)}
        super().__init__(domains, [lengthscale, nu], hold)

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Correlation:
        """``lengthscale`` and ``nu``, which ``estimate_nu`` releases."""
        return GaussianProcess.from_map({**entry, "kernel": "Matern"}, context)

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[Matern, np.ndarray]:
        """Places in the unit square."""
        return cls(0.3, 0.8), rng.uniform(size=(size, 2))

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Matérn correlation at the distances."""
        lengthscale, nu = values
        return matern(nu, distances(left, right) / lengthscale)

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Derivatives in the lengthscale and the smoothness."""
        lengthscale, nu = values
        r = distances(left, right) / lengthscale
        by_r, by_nu = matern_slopes(nu, r)
        return np.stack([-by_r * r / lengthscale, by_nu])


def _length_domain(bounds: tuple[float, float] | None) -> Domain:
    return Positive() if bounds is None else Scale(*bounds)


def _bounds(extent: float, start: Any) -> tuple[float, float] | None:
    """Ends of the lengthscale around the extent of the data and the start value."""
    if isinstance(start, bool) or not isinstance(start, int | float | np.number) or not start > 0:
        return None
    low, high = sorted([extent or float(start), float(start)])
    return 1e-3 * low, 30.0 * high


def gaussian_process(
    lengthscale: float = 1.0,
    kernel: str = "RBF",
    nu: float = 1.5,
    *,
    estimate_nu: bool = False,
    bounds: tuple[float, float] | None = None,
    hold: Iterable[str] = (),
) -> Correlation:
    """Gaussian process by the names that a map uses.

    Parameters
    ----------
    lengthscale : float
    kernel : {"RBF", "Matern"}
        In any case of letters.
    nu : float
        Smoothness of the Matérn kernel.
    estimate_nu : bool
        Whether the smoothness is estimated too, starting at ``nu``.
    bounds : tuple of float, optional
        Ends of the lengthscale.

    Raises
    ------
    ParameterError
        Unknown kernel, or a start value outside its domain.
    """
    name = str(kernel).lower().replace("é", "e")
    if name == "rbf":
        return GaussianProcess(lengthscale, bounds=bounds, hold=hold)
    if name != "matern":
        raise ParameterError(f"kernel of GP must be 'RBF' or 'Matern', not {kernel!r}")
    if not estimate_nu and nu in HALF_INTEGERS:
        return GaussianProcess(lengthscale, HALF_INTEGERS[nu](), bounds=bounds, hold=hold)
    held = set([hold] if isinstance(hold, str) else hold)
    held = held if estimate_nu else held | {"nu"}
    return Matern(lengthscale, nu, bounds=bounds, hold=held)
