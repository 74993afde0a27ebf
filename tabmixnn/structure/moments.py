"""Cross-products of columns and their bases, all that least squares needs of the rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tabmixnn.structure.basis import BASES

RIDGE = 1e-10
_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Moments:
    """Means of products over n rows, with d columns and m basis functions in all.

    Parameters
    ----------
    n_rows : int
        n.
    variances : ndarray, shape (d,)
        Of the columns.
    cross : ndarray, shape (m, d)
        Of basis functions and columns.
    gram : ndarray, shape (m, m)
        Of basis functions.
    owner : ndarray of int, shape (m,)
        The column of which each is a function.
    """

    n_rows: int
    variances: np.ndarray
    cross: np.ndarray
    gram: np.ndarray
    owner: np.ndarray

    @classmethod
    def of(cls, columns: np.ndarray, effects: str) -> Moments:
        """Take the moments of centred columns, (n, d), with a key of ``BASES``."""
        parts = [BASES[effects](column) for column in columns.T]
        basis = np.hstack(parts)
        n = len(columns)
        return cls(
            n_rows=n,
            variances=(columns**2).mean(0),
            cross=basis.T @ columns / n,
            gram=basis.T @ basis / n,
            owner=np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts]),
        )

    def members(self, parents: Iterable[int]) -> np.ndarray:
        """Return the places of the parents' basis functions, shape (sum of their k,)."""
        return np.concatenate([self._places[j] for j in sorted(parents)] or [_NONE])

    @cached_property
    def _places(self) -> list[np.ndarray]:
        return [np.flatnonzero(self.owner == j) for j in range(len(self.variances))]

    def regress(self, effect: int, parents: Collection[int]) -> tuple[np.ndarray, float]:
        """Regress a column on its parents by least squares.

        Returns
        -------
        coefficients : ndarray
            In the order of `members`.
        square : float
            Mean squared residual.
        """
        members = self.members(parents)
        gram = self.gram[np.ix_(members, members)]
        # Two columns that say the same must not stop the search: it will drop one.
        gram = gram + RIDGE * np.diag(gram.diagonal())
        right = self.cross[members, effect]
        coefficients = np.linalg.solve(gram, right)
        square = self.variances[effect] - right @ coefficients
        return coefficients, max(float(square), RIDGE * self.variances[effect])

    def gains(
        self, effect: int, parents: Collection[int], candidates: Sequence[int]
    ) -> tuple[float, np.ndarray]:
        """Return what each candidate would explain besides the parents.

        Returns
        -------
        square : float
            Mean squared residual on the parents.
        gains : ndarray, shape (n_candidates,)
            By how much each candidate alone would lower it.
        """
        members = self.members(parents)
        coefficients, square = self.regress(effect, parents)
        cross = self.cross[:, effect] - self.gram[:, members] @ coefficients
        inner = self.gram[np.ix_(members, members)]
        inner = inner + RIDGE * np.diag(inner.diagonal())
        projected = np.linalg.solve(inner, self.gram[members])
        gains = np.empty(len(candidates))
        for i, candidate in enumerate(candidates):
            own = self._places[candidate]
            # What the parents leave of the candidate's functions.
            left = self.gram[np.ix_(own, own)] - self.gram[np.ix_(own, members)] @ projected[:, own]
            left = left + RIDGE * np.diag(self.gram[own, own])
            gains[i] = cross[own] @ np.linalg.solve(left, cross[own])
        return square, gains
