"""Sums by level, and by pair of levels, that grow with the rows."""

from __future__ import annotations

import numpy as np

FEWEST = 1 << 20
"""Pairs that are kept apart before they are put together."""


class LevelSums:
    """``Z_g'WZ_g`` and ``Z_g'WD_g`` of every level, summed over batches.

    Parameters
    ----------
    n_levels, q, d : int
        Levels, columns of ``Z`` and columns of ``D``.
    unit : bool
        Whether ``Z`` is a single column of ones.
    """

    def __init__(self, n_levels: int, q: int, d: int, *, unit: bool) -> None:
        self.n_levels, self.q, self.d, self.unit = n_levels, q, d, unit
        self._pairs = [(k, m) for k in range(q) for m in range(k + 1)]
        self._gram = np.zeros((len(self._pairs), n_levels))
        self._cross = np.zeros((q, d, n_levels))

    def add(self, codes: np.ndarray, Z: np.ndarray, D: np.ndarray) -> None:
        """Add rows: ``codes`` of shape (b,), ``Z`` of (b, q) and ``D`` of (b, d)."""
        if self.unit:
            np.add.at(self._gram[0], codes, 1.0)
        else:
            for place, (k, m) in enumerate(self._pairs):
                np.add.at(self._gram[place], codes, Z[:, k] * Z[:, m])
        for k in range(self.q):
            for j in range(self.d):
                column = D[:, j] if self.unit else D[:, j] * Z[:, k]
                np.add.at(self._cross[k, j], codes, np.ascontiguousarray(column))

    def merge(self, other: LevelSums, places: np.ndarray) -> None:
        """Add sums over other rows; `places` says which levels theirs are, ``(n_levels,)``."""
        self._gram[:, places] += other._gram
        self._cross[:, :, places] += other._cross

    def total(self) -> np.ndarray:
        """``Z'WZ`` over all levels, ``(q, q)``."""
        out = np.empty((self.q, self.q))
        for place, (k, m) in enumerate(self._pairs):
            out[k, m] = out[m, k] = self._gram[place].sum()
        return out

    def products(self, turn: np.ndarray) -> np.ndarray:
        """``Z_g'WZ_g`` of the columns ``Z turn``, ``(G, q, q)``."""
        out = np.empty((self.n_levels, self.q, self.q))
        for place, (k, m) in enumerate(self._pairs):
            out[:, k, m] = out[:, m, k] = self._gram[place]
        del self._gram
        if self.unit:
            return out
        return np.matmul(turn.T, (out.reshape(-1, self.q) @ turn).reshape(out.shape))

    def crossed(self, turn: np.ndarray, change: np.ndarray) -> np.ndarray:
        """``Z_g'WD_g`` of the columns ``Z turn`` and ``D change``, ``(G, q, d)``."""
        out = np.empty((self.n_levels, self.q, self.d))
        for k in range(self.q):
            np.matmul(self._cross[k].T, change, out=out[:, k])
        del self._cross
        return out if self.unit else np.matmul(turn.T, out)


class GrowingCells:
    """Sums over the rows of the combinations of two factors' levels.

    Parameters
    ----------
    n_right : int
        Number of levels of the right one.
    """

    def __init__(self, n_right: int) -> None:
        self.n_right = n_right
        self._parts: list[tuple[np.ndarray, np.ndarray]] = []
        self._loose = self._settled = 0

    def add(
        self, left: np.ndarray, Z_left: np.ndarray, right: np.ndarray, Z_right: np.ndarray
    ) -> None:
        """Add rows: codes of shape (b,) and columns of shape (b, q) of either factor."""
        keys, inverse = np.unique(left.astype(np.int64) * self.n_right + right, return_inverse=True)
        sums = np.empty((len(keys), Z_left.shape[1], Z_right.shape[1]))
        for k in range(sums.shape[1]):
            for m in range(sums.shape[2]):
                sums[:, k, m] = np.bincount(inverse, Z_left[:, k] * Z_right[:, m], len(keys))
        self._append(keys, sums)

    def merge(self, other: GrowingCells, left: np.ndarray, right: np.ndarray) -> None:
        """Add sums over other rows, whose levels are these ones of either factor."""
        for keys, sums in other._parts:
            i, j = np.divmod(keys, other.n_right)
            self._append(left[i] * self.n_right + right[j], sums)

    def _append(self, keys: np.ndarray, sums: np.ndarray) -> None:
        self._parts.append((keys, sums))
        self._loose += len(keys)
        if self._loose > max(FEWEST, self._settled):
            self._settle()

    def _settle(self) -> None:
        """Put the sums of the same pair together: seldom enough to cost less than adding."""
        keys, inverse = np.unique(
            np.concatenate([part for part, _ in self._parts]), return_inverse=True
        )
        loose = np.concatenate([sums for _, sums in self._parts])
        sums = np.empty((len(keys), *loose.shape[1:]))
        for k in range(sums.shape[1]):
            for m in range(sums.shape[2]):
                sums[:, k, m] = np.bincount(inverse, loose[:, k, m], len(keys))
        self._parts = [(keys, sums)]
        self._loose, self._settled = 0, len(keys)

    def found(
        self, turn_left: np.ndarray, turn_right: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Levels of either factor, and the sums for the columns ``Z turn``."""
        self._settle()
        ((keys, sums),) = self._parts
        left, right = np.divmod(keys, self.n_right)
        return left, right, np.matmul(turn_left.T, np.matmul(sums, turn_right))
