"""Matérn fields by the SPDE of eq. 26, at places anywhere on a grid."""

from __future__ import annotations

from collections.abc import Iterable
from math import gamma, pi
from typing import Any

import numpy as np

from .base import Correlation
from .context import Context
from .domains import Domain, Positive, Scale
from .errors import ParameterError
from .spatial import Spatial, coordinates
from .tensor_grid import TensorGrid

RESOLUTION = 64
MARGIN = 2.0
"""Cells along the longest side of the data, and margin in such sides, where not given."""


class SPDE(Spatial):
    r"""Matérn field with smoothness ``nu = alpha - d/2``, solved on a grid (eqs. 26-28).

    ``(kappa^2 - Laplacian)^(alpha/2) u = W`` is discretised by finite elements (eq. 27) with
    precision ``Q`` of the nodes; between nodes the field is interpolated linearly, so places
    anywhere have the covariance ``A Q^-1 A'``, divided by the variance of the continuous field.
    It is that of a Matérn process up to the discretisation: its diagonal is 1 within a few
    percent, less between nodes than at them, where the length scale is several cells.

    Parameters
    ----------
    grid : TensorGrid
    lengthscale : float
        Start value of ``sqrt(2 nu) / kappa``, in the units of the coordinates: that of the
        Matérn Gaussian process.
    alpha : int
        Order; ``alpha > d/2``.
    bounds : tuple of float, optional
        Ends of the length scale; any positive number without them.
    hold : iterable of str

    Raises
    ------
    ParameterError
        ``alpha`` is no whole number above ``d/2``, or the length scale is not in its domain.
    """

    type = "SPDE"
    keys = ("lengthscale", "coordinates_col", "alpha", "resolution", "margin")
    places = ("levels",)

    def __init__(
        self,
        grid: TensorGrid,
        lengthscale: float = 1.0,
        alpha: int = 2,
        *,
        bounds: tuple[float, float] | None = None,
        hold: Iterable[str] = (),
    ) -> None:
        whole = isinstance(alpha, int | np.integer) and not isinstance(alpha, bool)
        if not whole or not alpha > grid.dim / 2:
            raise ParameterError(
                f"alpha of SPDE must be a whole number above {grid.dim / 2:g}, half the number of "
                f"coordinates, not {alpha!r}: the smoothness alpha - d/2 has to be positive"
            )
        domain: Domain = Positive() if bounds is None else Scale(*bounds)
        super().__init__({"lengthscale": domain}, [lengthscale], hold)
        self.grid, self.alpha, self.nu = grid, int(alpha), alpha - grid.dim / 2
        self._latest: tuple[np.ndarray, np.ndarray] | None = None

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> Correlation:
        """``lengthscale``, ``alpha`` (2), ``resolution`` (64) and ``margin`` (2).

        The grid has ``resolution`` cells along the longest side of the box around the places,
        and goes on for ``margin`` longest sides on every side of it. The length scale starts at
        a fifth of that side unless given, or as near to it as the grid allows: it stays between
        one cell and the margin, where the grid still stands for the field.

        Raises
        ------
        ParameterError, PositionError
            An option outside its domain; a margin of no more than a cell; places that no grid
            can hold.
        """
        resolution, margin = entry.get("resolution", RESOLUTION), entry.get("margin", MARGIN)
        whole = isinstance(resolution, int | np.integer) and not isinstance(resolution, bool)
        if not whole or resolution < 2:
            raise ParameterError(
                f"resolution of SPDE must be a whole number of at least 2, not {resolution!r}"
            )
        number = isinstance(margin, int | float | np.number) and not isinstance(margin, bool)
        if not number or not 0.0 < margin < np.inf:
            raise ParameterError(f"margin of SPDE must be a positive number, not {margin!r}")
        if margin * resolution <= 1.0:
            raise ParameterError(
                f"margin of SPDE must be wider than a cell, which is 1/{resolution} of the longest "
                f"side, not {margin!r}; widen it, or raise 'resolution'"
            )
        places = coordinates(entry, context)
        side = float(np.ptp(places, axis=0).max())
        return cls(
            TensorGrid.around(places, int(resolution), float(margin)),
            entry.get("lengthscale", side * _start(1.0 / resolution, margin)),
            entry.get("alpha", 2),
            bounds=(side / resolution, margin * side),
            hold=entry.get("hold", ()),
        )

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[SPDE, np.ndarray]:
        """Places in the unit square."""
        places = rng.uniform(size=(size, 2))
        return cls(TensorGrid.around(places, 20, 2.0), 0.3), places

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """``A Q^-1 A'`` over the variance of the continuous field."""
        return self._gram(self._spectrum(values[0])[0], left, right)

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Derivative in the length scale."""
        return self._gram(self._spectrum(values[0])[1], left, right)[None]

    def _spectrum(self, lengthscale: float) -> tuple[np.ndarray, np.ndarray]:
        """Variances of the eigenfunctions' coefficients, and their slopes in the length scale."""
        kappa2, dim = 2.0 * self.nu / lengthscale**2, self.grid.dim
        variance = gamma(self.nu) / (gamma(self.alpha) * (4.0 * pi) ** (dim / 2) * kappa2**self.nu)
        total = kappa2 + self.grid.eigenvalues
        spectrum = total**-self.alpha / variance
        rate = 2.0 * (self.alpha * kappa2 / total - self.nu) / lengthscale
        return spectrum, spectrum * rate

    def _gram(self, spectrum: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        first = self._coefficients(left)
        second = first if left is right else self._coefficients(right)
        product = (first * spectrum) @ np.swapaxes(second, -1, -2)
        if left is right:
            product = 0.5 * (product + np.swapaxes(product, -1, -2))
        return product

    def _coefficients(self, places: np.ndarray) -> np.ndarray:
        """Eigenfunctions at places ``(..., s, dim)``: ``(..., s, size)``.

        Those of the places asked for last are kept: a fit asks again at every step.
        """
        if self._latest is None or self._latest[0] is not places:
            flat = self.grid.coefficients(np.reshape(places, (-1, self.grid.dim)))
            self._latest = places, flat.reshape(*places.shape[:-1], self.grid.size)
        return self._latest[1]

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: not what can be worked out again."""
        return {**vars(self), "_latest": None}


def _start(low: float, high: float) -> float:
    """A fifth, or what is nearest to it well inside the bounds: at their ends a search is slow."""
    room = min(1.5, (high / low) ** 0.25)
    return float(np.clip(0.2, low * room, high / room))
