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
        right = self.cross[members, effect]
        coefficients = np.linalg.solve(self._inner(members), right)
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
        projected = np.linalg.solve(self._inner(members), self.gram[members])
        # What the parents leave of the candidates' functions.
        left = self._ridged - self.gram[:, members] @ projected
        return square, self._explained(cross, left, [self._places[j] for j in candidates])

    def losses(self, effect: int, parents: Sequence[int]) -> tuple[float, np.ndarray]:
        """Return what each parent explains besides the others.

        Returns
        -------
        square : float
            Mean squared residual on all parents.
        losses : ndarray, shape (n_parents,)
            By how much it would rise without each of them, in their order.
        """
        coefficients, square = self.regress(effect, parents)
        inverse = np.linalg.inv(self._inner(self.members(parents)))
        sizes = [len(self._places[j]) for j in parents]
        ends = np.cumsum(sizes)
        own = [np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True)]
        return square, self._explained(coefficients, inverse, own)

    @cached_property
    def _ridged(self) -> np.ndarray:
        """The Gram matrix, such that two columns that say the same do not stop a search."""
        return self.gram + RIDGE * np.diag(self.gram.diagonal())

    def _inner(self, members: np.ndarray) -> np.ndarray:
        return self._ridged[members[:, None], members]

    @staticmethod
    def _explained(
        vector: np.ndarray, matrix: np.ndarray, groups: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Return ``v_g' M_gg^-1 v_g`` of every group of places; groups of one size at once."""
        values = np.empty(len(groups))
        sizes = np.array([len(group) for group in groups])
        for size in np.unique(sizes):
            chosen = np.flatnonzero(sizes == size)
            places = np.stack([groups[i] for i in chosen])
            right = vector[places]
            blocks = matrix[places[:, :, None], places[:, None, :]]
            if size == 1:
                values[chosen] = right[:, 0] ** 2 / blocks[:, 0, 0]
            else:
                solved = np.linalg.solve(blocks, right[:, :, None])[:, :, 0]
                values[chosen] = (right * solved).sum(1)
        return values
