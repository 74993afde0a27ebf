"""Sums over batches of rows, in one basis; those of different rows can be merged."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np

from .batches import Basis, Batch
from .growing import GrowingCells, LevelSums
from .terms import Block, merge_by_group

INTERCEPT = "(Intercept)"


class Pieces:
    """Sums over the rows that were added.

    Parameters
    ----------
    blocks : sequence of blocks
        The terms and the levels of all rows; their rows are not looked at.
    basis : Basis
    weighted : bool
        Whether rows have weights.

    Attributes
    ----------
    n : int
        Number of rows.
    """

    def __init__(self, blocks: Sequence[Block], basis: Basis, *, weighted: bool) -> None:
        self.blocks, self.basis = blocks, basis
        self.merged = merge_by_group(blocks)
        self._inverse = np.linalg.inv(basis.root)
        self._whiten = [np.linalg.inv(each) for each in basis.whitenings]
        names = [[b for m in members for b in blocks[m].names] for members in self.merged]
        self._unit = [not weighted and each == [INTERCEPT] for each in names]
        self._widths = [
            sum(len(basis.whitenings[position]) for position in members) for members in self.merged
        ]
        self._open([len(blocks[members[0]].levels) for members in self.merged])

    def _open(self, counts: Sequence[int]) -> None:
        """Start from no rows, and so many levels of each factor."""
        d = len(self.basis.kept) + 1
        self.n, self.log_weights = 0, 0.0
        self.low, self.high = np.inf, -np.inf
        self.C = np.zeros((d, d))
        sizes = zip(counts, self._widths, self._unit, strict=True)
        self.levels = [LevelSums(count, width, d, unit=unit) for count, width, unit in sizes]
        # The pairs that elimination asks for: the first factor with others, these with each other.
        pairs = [(0, i) for i in range(1, len(counts))]
        pairs += [(i, j) for i in range(2, len(counts)) for j in range(1, i)]
        self.cells = {(i, j): GrowingCells(counts[j]) for i, j in pairs}

    def without_levels(self) -> Pieces:
        """Return what says how rows are summed, for `of_levels`; it knows no level's name."""
        part = copy(self)
        part.blocks = ()
        return part.of_levels([0] * len(self.merged))

    def of_levels(self, counts: Sequence[int]) -> Pieces:
        """Return sums over no rows in the same basis, with so many levels of each factor."""
        part = copy(self)
        part._open(counts)
        return part

    def merge(self, other: Pieces, levels: Sequence[np.ndarray]) -> None:
        """Add the sums over other rows, in the same basis.

        Parameters
        ----------
        other : Pieces
            Used up.
        levels : sequence of ndarray
            For every factor, which of its levels the other sums count, ascending.
        """
        self.n += other.n
        self.C += other.C
        self.log_weights += other.log_weights
        self.low, self.high = min(self.low, other.low), max(self.high, other.high)
        for own, found, places in zip(self.levels, other.levels, levels, strict=True):
            own.merge(found, places)
        for (i, j), cells in self.cells.items():
            cells.merge(other.cells[i, j], levels[i], levels[j])

    def add(self, batch: Batch) -> None:
        """Add a batch of rows."""
        X, y = batch.weighted
        X = X[:, self.basis.kept]
        root = batch.root_weights
        D = np.empty((len(y), len(self.C)))
        np.matmul(X, self._inverse, out=D[:, :-1])
        D[:, -1] = y - X @ self.basis.beta
        self.n += len(y)
        self.C += D.T @ D
        self.low = min(self.low, float(batch.y.min(initial=np.inf)))
        self.high = max(self.high, float(batch.y.max(initial=-np.inf)))
        if root is not None:
            self.log_weights += float(np.log(batch.weights).sum())
        columns = []
        for members, sums in zip(self.merged, self.levels, strict=True):
            codes = batch.blocks[members[0]].codes
            Z = np.ones((len(y), 1)) if sums.unit else self._columns(batch, members, root)
            sums.add(codes, Z, D)
            columns.append((codes, Z))
        for (i, j), cells in self.cells.items():
            cells.add(*columns[i], *columns[j])

    def _columns(self, batch: Batch, members: list[int], root: np.ndarray | None) -> np.ndarray:
        Z = np.hstack([batch.blocks[position].Z @ self._whiten[position] for position in members])
        return Z if root is None else Z * root[:, None]
