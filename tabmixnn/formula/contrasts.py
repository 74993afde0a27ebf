"""Contrasts: how a factor of K levels becomes K - 1 columns."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Contrast(Protocol):
    """A coding of K levels."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the rows of the levels, shape (size, size - 1)."""
        ...

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the suffixes of the size - 1 columns."""
        ...


class Treatment:
    """R's ``contr.treatment``: every level against the first."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the identity without its first column."""
        return np.eye(size)[:, 1:]

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the levels after the first."""
        return levels[1:]


class Sum:
    """R's ``contr.sum``: every level but the last against the mean of all."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the identity with -1 in the last row."""
        return np.vstack([np.eye(size - 1), -np.ones((1, size - 1))])

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return numbers."""
        return tuple(str(column) for column in range(1, len(levels)))


class Helmert:
    """R's ``contr.helmert``: every level against the mean of those before it."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return -1 above, the number of levels before on, and 0 below the diagonal."""
        columns = np.arange(1, size)
        rows = np.arange(size)[:, None]
        return np.where(rows < columns, -1.0, np.where(rows == columns, columns, 0.0))

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return numbers."""
        return tuple(str(column) for column in range(1, len(levels)))


class OrthogonalPolynomial:
    """R's ``contr.poly``: linear, quadratic, ... trends over equally spaced levels."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return orthonormal polynomials over 1, ..., size, rising at the last level."""
        from tabmixnn.formula.transforms.polynomial import Polynomial

        if size == 1:
            return np.empty((1, 0))
        polynomial, scores = Polynomial(), np.arange(1.0, size + 1)
        state = polynomial.fit(scores, degree=size - 1, coefs=None, raw=False)
        return polynomial.apply(scores, state)

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return .L, .Q, .C, ^4, ..."""
        count = len(levels) - 1
        return (".L", ".Q", ".C", *(f"^{degree}" for degree in range(4, count + 1)))[:count]


CONTRASTS: dict[str, Contrast] = {
    "treatment": Treatment(),
    "sum": Sum(),
    "helmert": Helmert(),
    "poly": OrthogonalPolynomial(),
}
