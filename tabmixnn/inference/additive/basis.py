"""Bases of functions of one predictor, in which coefficients are independent with one variance.

A smooth term is a random effect (Wahba 1978; Wood 2017, section 5.8): of a function's values at
the knots, the part that the penalty leaves alone is dropped, it belongs to the fixed effects,
and the rest is rotated so that the penalty is the sum of squares of the coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.log_scale import FEW_VALUES, LogScale

Array = NDArray[np.float64]

CLOSEST = 2e-5
"""Knots are further apart than this share of their range: a penalty has no digits for more."""


def place_knots(x: Array, size: int) -> Array:
    """Return at most ``size + 2`` knots for n values, from the smallest to about the largest.

    They lie at quantiles of the rows; of the distinct values where those are few, and where so
    many rows share a value that most quantiles of the rows are the same.
    """
    values = np.unique(x)
    if len(values) <= size + 2:
        return _apart(values)
    shares = np.linspace(0.0, 1.0, size + 2)
    knots = np.unique(np.quantile(x, shares))
    if len(values) < FEW_VALUES or len(knots) <= len(shares) // 2:
        knots = np.unique(np.quantile(values, shares))
    return _apart(knots)


def _apart(knots: Array) -> Array:
    """Leave out knots that are next to the one before."""
    least = CLOSEST * (knots[-1] - knots[0])
    kept = [knots[0]]
    for knot in knots[1:]:
        if knot - kept[-1] > least:
            kept.append(knot)
    return np.array(kept)


def _penalised(penalty: Array, null: int) -> Array:
    """Return values at the knots of functions whose penalty is one, of mean square one a row."""
    eigenvalues, vectors = np.linalg.eigh(penalty)
    values = vectors[:, null:] / np.sqrt(eigenvalues[null:])
    return values / np.sqrt((values**2).sum(axis=1).mean())


@dataclass(frozen=True, eq=False)
class CubicBasis:
    """Natural cubic splines penalised by their second derivative, without their linear part.

    The penalty is that of Green and Silverman (1994, section 2.1); beyond the outer knots the
    functions are straight lines.

    Attributes
    ----------
    knots : ndarray, shape (m,)
        In units of the predictor.
    values, curvatures : ndarray, shape (m, k)
        The k functions and their second derivatives at the knots, which lie on [0, 1] there.
    """

    knots: Array
    values: Array
    curvatures: Array

    @classmethod
    def fit(cls, x: Array, size: int) -> CubicBasis:
        """Choose knots for at most `size` functions of n values, 4 of them distinct or more."""
        knots = place_knots(x, size)
        t = (knots - knots[0]) / (knots[-1] - knots[0])
        h, m = np.diff(t), len(t)
        inner = np.arange(m - 2)
        second = np.zeros((m, m - 2))
        second[inner, inner] = 1.0 / h[:-1]
        second[inner + 1, inner] = -1.0 / h[:-1] - 1.0 / h[1:]
        second[inner + 2, inner] = 1.0 / h[1:]
        gram = np.diag((h[:-1] + h[1:]) / 3.0)
        gram += np.diag(h[1:-1] / 6.0, 1) + np.diag(h[1:-1] / 6.0, -1)
        curvature = np.linalg.solve(gram, second.T)
        values = _penalised(second @ curvature, null=2)
        ends = np.zeros((1, values.shape[1]))
        return cls(knots, values, np.vstack([ends, curvature @ values, ends]))

    def __call__(self, x: Array) -> Array:
        """Return the functions at n values, shape (n, k)."""
        low, high = self.knots[0], self.knots[-1]
        t = (self.knots - low) / (high - low)
        position = (x - low) / (high - low)
        inside = np.clip(position, 0.0, 1.0)
        left = np.clip(np.searchsorted(t, inside, side="right") - 1, 0, len(t) - 2)
        h = (t[left + 1] - t[left])[:, None]
        a = (t[left + 1] - inside)[:, None] / h
        b = 1.0 - a
        out = a * self.values[left] + b * self.values[left + 1]
        out -= (a - a**3) * h**2 / 6.0 * self.curvatures[left]
        out -= (b - b**3) * h**2 / 6.0 * self.curvatures[left + 1]
        beyond = (position - inside)[:, None]
        if beyond.any():
            out += np.minimum(beyond, 0.0) * self._slope(t, 0, 1)
            out += np.maximum(beyond, 0.0) * self._slope(t, len(t) - 1, len(t) - 2)
        return out

    def _slope(self, t: Array, end: int, inner: int) -> Array:
        """Return the functions' slopes at an end of [0, 1], where their curvature is zero."""
        rise = (self.values[inner] - self.values[end]) / (t[inner] - t[end])
        return rise - (t[inner] - t[end]) / 6.0 * self.curvatures[inner]


@dataclass(frozen=True, eq=False)
class PathBasis:
    """Piecewise linear functions penalised by their increments: Brownian paths, less their mean.

    Rougher than `CubicBasis`, for functions with sharp turns. Constant beyond the outer knots.

    Attributes
    ----------
    knots : ndarray, shape (m,)
    values : ndarray, shape (m, k)
        The k functions at the knots.
    """

    knots: Array
    values: Array

    @classmethod
    def fit(cls, x: Array, size: int) -> PathBasis:
        """Choose knots for at most ``size + 1`` functions of n values, 2 distinct or more."""
        knots = place_knots(x, size)
        gaps = np.diff(knots) / (knots[-1] - knots[0])
        increments = np.diff(np.eye(len(knots)), axis=0) / np.sqrt(gaps)[:, None]
        return cls(knots, _penalised(increments.T @ increments, null=1))

    def __call__(self, x: Array) -> Array:
        """Return the functions at n values, shape (n, k)."""
        return np.column_stack([np.interp(x, self.knots, each) for each in self.values.T])


@dataclass(frozen=True, eq=False)
class ScaledBasis:
    """Functions of a predictor on another scale.

    The straight line on that scale, which the fixed effects do not have, is one of those of a
    `CubicBasis`, whose penalty leaves it alone.

    Attributes
    ----------
    scale : LogScale
    basis : CubicBasis or PathBasis
        Of values on the scale.
    line : tuple of float, or None
        Mean and deviation of the training values there.
    """

    scale: LogScale
    basis: CubicBasis | PathBasis
    line: tuple[float, float] | None

    @classmethod
    def fit(
        cls, scale: LogScale, kind: type[CubicBasis] | type[PathBasis], x: Array, size: int
    ) -> ScaledBasis:
        """Choose knots for at most `size` curved functions of n values."""
        scaled = scale(x)
        line = (float(scaled.mean()), float(scaled.std())) if kind is CubicBasis else None
        return cls(scale, kind.fit(scaled, size), line)

    def __call__(self, x: Array) -> Array:
        """Return the functions at n values, the line first, shape (n, k)."""
        scaled = self.scale(x)
        out = self.basis(scaled)
        if self.line is None:
            return out
        mean, sd = self.line
        return np.column_stack([(scaled - mean) / sd, out])
