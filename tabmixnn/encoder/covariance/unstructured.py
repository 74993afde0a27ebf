"""Any correlation matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .base import Correlation, refuse_repeated
from .context import Context
from .domains import Real
from .errors import PositionError


class UnstructuredCorrelation(Correlation):
    """A free correlation for every pair of positions ``0, ..., size - 1`` (nlme's corSymm).

    The lower triangular factor has ones on the diagonal and free numbers below it, then its rows
    are scaled to unit length: every vector of numbers gives a correlation matrix, and each
    positive definite one is given by exactly one.

    Parameters
    ----------
    size : int
        Number of distinct positions.
    occasions : ndarray of shape (size,), optional
        Values of the column that the positions number, in order.
    hold : iterable of str
    """

    type = "US"
    places = ("effects", "residual")
    keys = ("time_col",)
    default_column = "time_col"

    def __init__(
        self, *, size: int, occasions: np.ndarray | None = None, hold: Iterable[str] = ()
    ) -> None:
        self.size = size
        self.occasions = np.arange(float(size)) if occasions is None else occasions
        self.rows, self.cols = np.tril_indices(size, -1)
        domains = {f"l({i + 1},{j + 1})": Real() for i, j in zip(self.rows, self.cols, strict=True)}
        super().__init__(domains, np.full(len(domains), 0.2), hold)

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> UnstructuredCorrelation:
        """One position for each value of ``time_col``, or each place in the order."""
        column = entry.get("time_col")
        occasions = np.unique(context.order() if column is None else context.values([column]))
        return cls(size=len(occasions), occasions=occasions, hold=entry.get("hold", ()))

    @classmethod
    def example(
        cls, size: int, rng: np.random.Generator
    ) -> tuple[UnstructuredCorrelation, np.ndarray]:
        """Every position once."""
        return cls(size=size), rng.permutation(size)

    def locate(self, context: Context, columns: Sequence[str]) -> np.ndarray:
        """Number of each subject's occasion.

        Raises
        ------
        PositionError
            An occasion that was not there when the structure was made.
        """
        values = context.values(columns) if columns else context.order()
        index = np.searchsorted(self.occasions, values).clip(max=self.size - 1)
        strange = np.flatnonzero(self.occasions[index] != values)
        if len(strange):
            raise PositionError(
                f"'{context.group}': {values[strange[0]]:g} is none of the {self.size} occasions "
                "whose correlations are known"
            )
        return index

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
