"""Means and spreads of columns that come in batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class ColumnMoments:
    """Means and sums of squares about them, put together as in Chan, Golub & LeVeque (1983).

    Parameters
    ----------
    width : int
        Number p of columns.

    Attributes
    ----------
    n : int
    mean : ndarray, shape (p,)
    indicator : ndarray of bool, shape (p,)
        Whether a column has zeros and ones alone.
    """

    def __init__(self, width: int) -> None:
        self.n, self.mean = 0, np.zeros(width)
        self.indicator = np.ones(width, dtype=bool)
        self._squares = np.zeros(width)

    def add(self, values: NDArray[np.float64]) -> None:
        """Add a batch of rows, shape (b, p)."""
        mean, n = values.mean(axis=0), self.n + len(values)
        shift = mean - self.mean
        self._squares += ((values - mean) ** 2).sum(axis=0)
        self._squares += shift**2 * (self.n * len(values) / n)
        self.mean = self.mean + shift * (len(values) / n)
        self.indicator &= ((values == 0) | (values == 1)).all(axis=0)
        self.n = n

    @property
    def std(self) -> NDArray[np.float64]:
        """Standard deviations, shape (p,)."""
        return np.sqrt(self._squares / self.n)

    def rms(self, loc: NDArray[np.float64]) -> NDArray[np.float64]:
        """Root mean squares about a point, shape (p,)."""
        return np.sqrt(self._squares / self.n + (self.mean - loc) ** 2)
