"""Any correlation matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .base import Correlation, refuse_repeated
from .domains import Real


class UnstructuredCorrelation(Correlation):
    """A free correlation for every pair of positions ``0, ..., size - 1`` (nlme's corSymm).

    The lower triangular factor has ones on the diagonal and free numbers below it, then its rows
    are scaled to unit length: every vector of numbers gives a correlation matrix, and each
    positive definite one is given by exactly one.

    Parameters
    ----------
    size : int
        Number of distinct positions.
    hold : iterable of str
    """

    type = "US"

    def __init__(self, *, size: int, hold: Iterable[str] = ()) -> None:
        self.size = size
        self.rows, self.cols = np.tril_indices(size, -1)
        domains = {f"l({i + 1},{j + 1})": Real() for i, j in zip(self.rows, self.cols, strict=True)}
        super().__init__(domains, np.full(len(domains), 0.2), hold)

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Refuse repeated positions."""
        refuse_repeated(positions, labels, where, "position")

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """Correlations by the name of their pair."""
        full = self._correlation(self.values(params))
        return {
            f"cor({j + 1},{i + 1})": float(full[i, j])
            for i, j in zip(self.rows, self.cols, strict=True)
        }

    def _lower(self, values: np.ndarray) -> np.ndarray:
        lower = np.eye(self.size)
        lower[self.rows, self.cols] = values
        return lower

    def _correlation(self, values: np.ndarray) -> np.ndarray:
        lower = self._lower(values)
        lower /= np.linalg.norm(lower, axis=1)[:, None]
        return lower @ lower.T

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Entries of the correlation matrix."""
        return self._correlation(values)[_index(left)[..., :, None], _index(right)[..., None, :]]

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Entries of its derivatives."""
        lower = self._lower(values)
        length = np.linalg.norm(lower, axis=1)
        unit = lower / length[:, None]
        out = np.zeros((len(values), self.size, self.size))
        for k, (i, j) in enumerate(zip(self.rows, self.cols, strict=True)):
            change = -unit[i, j] * unit[i]
            change[j] += 1.0
            out[k, i] = unit @ (change / length[i])
            out[k, i, i] = 0.0
            out[k, :, i] = out[k, i]
        return out[:, _index(left)[..., :, None], _index(right)[..., None, :]]


def _index(positions: np.ndarray) -> np.ndarray:
    return np.asarray(positions).astype(np.int64)
