"""Contrasts: how a factor of K levels becomes K - 1 columns."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray


class Contrast(ABC):
    """A coding of K levels; a new one is a subclass and a line in ``CONTRASTS``."""

    @abstractmethod
    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the rows of `size` levels, one column a contrast."""

    @abstractmethod
    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the suffixes of the columns."""

    def encode(self, codes: NDArray[np.int64], size: int) -> NDArray[np.float64]:
        """Return the row of each code; zeros for the code -1."""
        matrix = self.matrix(size)
        # Code -1 picks the row of zeros appended here.
        return np.concatenate([matrix, np.zeros((1, matrix.shape[1]))])[codes]


class Indicators(Contrast):
    """One column a level, for a factor whose margin is absent from the model."""

    skipped = 0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the identity without the columns that are skipped."""
        return np.eye(size)[:, self.skipped :]

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return the levels that have a column."""
        return levels[self.skipped :]

    def encode(self, codes: NDArray[np.int64], size: int) -> NDArray[np.float64]:
        """Return the rows without making the matrix, which is large for many levels."""
        columns = codes - self.skipped
        rows = np.flatnonzero(columns >= 0)
        encoded = np.zeros((len(codes), size - self.skipped))
        encoded[rows, columns[rows]] = 1.0
        return encoded


class Treatment(Indicators):
    """R's ``contr.treatment``: every level against the first."""

    skipped = 1


class Sum(Contrast):
    """R's ``contr.sum``: every level but the last against the mean of all."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return the identity with -1 in the last row."""
        return np.vstack([np.eye(size - 1), -np.ones((1, size - 1))])

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return numbers."""
        return tuple(str(column) for column in range(1, len(levels)))


class Helmert(Contrast):
    """R's ``contr.helmert``: every level against the mean of those before it."""

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return -1 above, the number of levels before on, and 0 below the diagonal."""
        columns = np.arange(1, size)
        rows = np.arange(size)[:, None]
        return np.where(rows < columns, -1.0, np.where(rows == columns, columns, 0.0))

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return numbers."""
        return tuple(str(column) for column in range(1, len(levels)))


class OrthogonalPolynomial(Contrast):
    """R's ``contr.poly``: linear, quadratic, ... trends over equally spaced levels.

    The recursion of ``poly()`` loses its digits from about 40 levels on; here each polynomial is
    made orthogonal to all before it.
    """

    def matrix(self, size: int) -> NDArray[np.float64]:
        """Return orthonormal polynomials over 1, ..., size, rising at the last level."""
        scores = np.arange(size) - (size - 1) / 2.0
        columns = np.full((size, size), size**-0.5)
        for degree in range(1, size):
            before, column = columns[:, :degree], scores * columns[:, degree - 1]
            for _ in range(2):  # once is not enough in floating point
                column = column - before @ (before.T @ column)
            columns[:, degree] = column / np.linalg.norm(column)
        return columns[:, 1:]

    def names(self, levels: tuple[str, ...]) -> tuple[str, ...]:
        """Return .L, .Q, .C, ^4, ..."""
        count = len(levels) - 1
        return (".L", ".Q", ".C", *(f"^{degree}" for degree in range(4, count + 1)))[:count]


FULL = Indicators()
CONTRASTS: dict[str, Contrast] = {
    "treatment": Treatment(),
    "sum": Sum(),
    "helmert": Helmert(),
    "poly": OrthogonalPolynomial(),
}
