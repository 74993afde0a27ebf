"""Cross-products of the random-effects columns, arranged for block elimination.

The columns of the largest factor come first and are block diagonal; those of all other factors
form the dense remainder. The index structure is made once, the values whenever the row weights
change (once for a linear model, at every step of the inner iteration of a generalised one).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .blocklayout import BlockLayout
from .coupling import Entries, couple, entry_matrix
from .terms import Grouping

SMALL_REMAINDER = 64
"""A remainder of this many columns is one block: looking for more costs more than it saves."""


class RandomGram:
    """``Z'WZ`` of all random effects.

    Attributes
    ----------
    first : Grouping
        The factor that is eliminated in batches.
    rest : list of Grouping
    offsets : list of int
        First column of each of ``rest`` in the dense remainder, then its width ``m``.
    A : ndarray of shape (G, q, q)
        Blocks of the first factor.
    coupling : PairCoupling or DenseCoupling or None
        Cross-products with the remainder; None when there is none.
    layout : BlockLayout
        Where symmetric matrices over the remainder are stored.
    tail : ndarray of shape (layout.size,)
        Cross-product of the remainder, both triangles.
    """

    def __init__(self, groupings: list[Grouping], row_weights: np.ndarray | None = None) -> None:
        self.first, *self.rest = groupings
        self.offsets = [0]
        for grouping in self.rest:
            self.offsets.append(self.offsets[-1] + grouping.n_effects)
        self.m = self.offsets[-1]
        self._cells = [self.first.cells(g) for g in self.rest]
        self._tail_cells = {
            (i, j): self.rest[i].cells(self.rest[j])
            for i in range(len(self.rest))
            for j in range(i)
        }
        self.coupling = None
        if self.rest:
            self._index_entries()
            self.layout = BlockLayout(self._independent_blocks())
        self.refresh(row_weights)

    def _index_entries(self) -> None:
        levels, rows, columns = [], [], []
        for cells, grouping, offset in zip(self._cells, self.rest, self.offsets, strict=False):
            shape = (cells.n, self.first.size, grouping.size)
            places = cells.right_level[:, None, None] * grouping.size + np.arange(grouping.size)
            levels.append(np.broadcast_to(cells.left_level[:, None, None], shape).ravel())
            rows.append(np.broadcast_to(np.arange(self.first.size)[:, None], shape).ravel())
            columns.append(np.broadcast_to(offset + places, shape).ravel())
        level, row, column = map(np.concatenate, (levels, rows, columns))
        self._order = np.lexsort((row, column, level))
        self._entries = Entries(
            level[self._order], row[self._order], column[self._order], np.zeros(len(level))
        )

    def _independent_blocks(self) -> np.ndarray:
        """Block of every column of the remainder: effects that data tie together share one."""
        if self.m <= SMALL_REMAINDER:
            return np.zeros(self.m, dtype=np.int64)
        from scipy.sparse.csgraph import connected_components

        # Levels of the first factor are nodes too: they tie what they touch.
        heads = [self._entries.level]
        tails = [self.first.n_levels + self._entries.column]
        for i, grouping in enumerate(self.rest):
            start = self.first.n_levels + self.offsets[i]
            levels = start + grouping.size * np.arange(grouping.n_levels)
            for k in range(1, grouping.size):
                heads.append(levels)
                tails.append(levels + k)
        for (i, j), cells in self._tail_cells.items():
            for which, level, into in ((i, cells.left_level, heads), (j, cells.right_level, tails)):
                start = self.first.n_levels + self.offsets[which]
                into.append(start + level * self.rest[which].size)
        head, tail = np.concatenate(heads), np.concatenate(tails)
        n_nodes = self.first.n_levels + self.m
        edges = sparse.coo_array((np.ones(len(head)), (head, tail)), shape=(n_nodes, n_nodes))
        found = connected_components(edges, directed=False)[1][self.first.n_levels :]
        return np.unique(found, return_inverse=True)[1]

    def refresh(self, row_weights: np.ndarray | None) -> None:
        """Form the values for these row weights ``(n,)``; None means one each."""
        self.A = self.first.gram(row_weights)
        if not self.rest:
            self.tail = np.zeros(0)
            return
        value = np.concatenate([c.sums(row_weights).ravel() for c in self._cells])[self._order]
        self._entries.value = value
        if self.coupling is None:
            self.coupling = couple(self._entries, self.first.n_levels, self.first.size, self.layout)
        else:
            self.coupling.refresh(value)
        self.cross = entry_matrix(self._entries, self.first.size, self.first.n_levels, self.m)
        self.cross_t = self.cross.T.tocsr()
        self.tail = self._tail(row_weights)

    def span(self, i: int) -> slice:
        """Columns of remaining factor ``i``."""
        return slice(self.offsets[i], self.offsets[i + 1])

    def _tail(self, row_weights: np.ndarray | None) -> np.ndarray:
        tail, index = np.zeros(self.layout.size), self.layout.index
        for i, grouping in enumerate(self.rest):
            start, q = self.offsets[i], grouping.size
            blocks = grouping.gram(row_weights)
            base = start + q * np.arange(grouping.n_levels)
            for k in range(q):
                for m in range(q):
                    tail[index(base + k, base + m)] = blocks[:, k, m]
        for (i, j), cells in self._tail_cells.items():
            sums = cells.sums(row_weights)
            row = self.offsets[i] + cells.left_level * cells.left.size
            col = self.offsets[j] + cells.right_level * cells.right.size
            for k in range(cells.left.size):
                for m in range(cells.right.size):
                    tail[index(row + k, col + m)] = sums[:, k, m]
                    tail[index(col + m, row + k)] = sums[:, k, m]
        return tail

    def rows_of(self, bar_A: np.ndarray, bar_entries: np.ndarray, bar_tail: np.ndarray):
        """Adjoint of :meth:`refresh` with respect to the row weights, ``(n,)``."""
        Z, codes = self.first.Z, self.first.codes
        if self.first.unit:
            out = bar_A[:, 0, 0][codes]
        else:
            out = np.einsum("nk,nkl,nl->n", Z, bar_A[codes], Z)
        if not self.rest:
            return out
        unsorted = np.empty_like(bar_entries)
        unsorted[self._order] = bar_entries
        start = 0
        for cells in self._cells:
            shape = (cells.n, cells.left.size, cells.right.size)
            stop = start + int(np.prod(shape))
            out = out + cells.per_row(unsorted[start:stop].reshape(shape))
            start = stop
        for i, grouping in enumerate(self.rest):
            out = out + self._tail_rows(i, i, grouping, grouping, bar_tail)
            for j in range(i):
                other = self.rest[j]
                out = out + 2.0 * self._tail_rows(i, j, grouping, other, bar_tail)
        return out

    def _tail_rows(self, i, j, left: Grouping, right: Grouping, bar: np.ndarray) -> np.ndarray:
        rows = self.offsets[i] + left.codes * left.size
        cols = self.offsets[j] + right.codes * right.size
        out = np.zeros(len(left.codes))
        for k in range(left.size):
            for m in range(right.size):
                out += left.Z[:, k] * right.Z[:, m] * bar[self.layout.index(rows + k, cols + m)]
        return out
