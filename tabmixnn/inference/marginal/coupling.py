"""How the levels of the eliminated factor tie the remaining random effects together.

Level ``g`` of the largest factor touches a few columns of the others through ``B_g`` (``q`` rows).
Eliminating it subtracts ``B_g' M_g B_g`` from the cross-product of the remaining columns, for a
symmetric ``M_g``. That is linear in ``M``, so one list of index pairs serves every evaluation and
its adjoint.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .blocklayout import BlockLayout
from .smallblocks import mirror

MAX_PAIRS = 30_000_000
SMALL_PRODUCT = 1 << 18


@dataclass
class Entries:
    """Non-zeros of ``B``, sorted by level, then column, then row within the level.

    Attributes
    ----------
    level, row, column : ndarray of shape (E,)
        Level ``g``, row ``k < q`` in the level and column ``a < m``.
    value : ndarray of shape (E,)
    """

    level: np.ndarray
    row: np.ndarray
    column: np.ndarray
    value: np.ndarray


class PairCoupling:
    """Every two entries of a level, listed once: right when levels touch few columns.

    Parameters
    ----------
    entries : Entries
    n_levels, size : int
        ``G`` and ``q``.
    layout : BlockLayout
        Where the remaining columns' matrix is stored.
    """

    def __init__(self, entries: Entries, n_levels: int, size: int, layout: BlockLayout) -> None:
        self.shape = (n_levels, size, size)
        self.layout = layout
        per_level = np.bincount(entries.level, minlength=n_levels)
        ends = np.cumsum(per_level)[entries.level]
        places = np.arange(len(entries.level))
        reach = ends - places
        self.first = np.repeat(places, reach)
        offset = np.arange(len(self.first)) - np.repeat(np.cumsum(reach) - reach, reach)
        self.second = self.first + offset
        a, b = entries.column[self.first], entries.column[self.second]
        self.target = layout.index(a, b)
        k, m = entries.row[self.first], entries.row[self.second]
        self.source = (entries.level[self.first] * size + k) * size + m
        # A column meets itself once for (k, l) and once for (l, k); only one is listed.
        self.times = np.where((a == b) & (self.first != self.second), 2.0, 1.0)
        self._off_diagonal = a != b
        self.refresh(entries.value)

    @staticmethod
    def count(entries: Entries, n_levels: int) -> int:
        """Number of pairs that the list would hold."""
        per_level = np.bincount(entries.level, minlength=n_levels)
        return int((per_level * (per_level + 1) // 2).sum())

    def refresh(self, value: np.ndarray) -> None:
        """Take new values of the entries."""
        self.value = value
        products = self.times * value[self.first] * value[self.second]
        shape = (int(np.prod(self.shape)), self.layout.size)
        self._forward = sparse.csr_array((products, (self.source, self.target)), shape=shape)
        mirrored = np.where(self._off_diagonal, 2.0 * products, products)
        self._backward = sparse.csr_array((mirrored, (self.source, self.target)), shape=shape)

    def schur(self, M: np.ndarray) -> np.ndarray:
        """``sum_g B_g' M_g B_g``, upper triangle in the layout."""
        return self._forward.T @ M.reshape(-1)

    def adjoint(self, bar: np.ndarray) -> np.ndarray:
        """Symmetric ``B_g bar B_g'`` of each level, ``(G, q, q)``, from the upper triangle."""
        out = (self._backward @ bar).reshape(self.shape)
        if self.shape[1] == 1:
            return out
        return 0.5 * (out + out.transpose(0, 2, 1))

    def entry_adjoint(self, bar: np.ndarray, M: np.ndarray) -> np.ndarray:
        """Derivative of ``tr(bar sum_g B_g' M_g B_g)`` with respect to the entries, ``(E,)``."""
        terms = self.times * bar[self.target] * M.reshape(-1)[self.source]
        terms[self._off_diagonal] *= 2.0
        size = len(self.value)
        out = np.bincount(self.first, terms * self.value[self.second], size)
        return out + np.bincount(self.second, terms * self.value[self.first], size)


class DenseCoupling:
    """``B`` as a dense array: right when most levels meet most columns, which form one block.

    Parameters
    ----------
    entries : Entries
    n_levels, size : int
        ``G`` and ``q``.
    layout : BlockLayout
        With a single block.
    """

    def __init__(self, entries: Entries, n_levels: int, size: int, layout: BlockLayout) -> None:
        self.entries = entries
        self.m = layout.m
        self.B = np.zeros((n_levels, size, self.m))
        self.refresh(entries.value)

    def refresh(self, value: np.ndarray) -> None:
        """Take new values of the entries."""
        self.B[self.entries.level, self.entries.row, self.entries.column] = value

    def schur(self, M: np.ndarray) -> np.ndarray:
        """``sum_g B_g' M_g B_g``, both triangles in the layout."""
        flat = self.B.reshape(-1, self.m)
        return (flat.T @ np.matmul(M, self.B).reshape(-1, self.m)).reshape(-1)

    def adjoint(self, bar: np.ndarray) -> np.ndarray:
        """Symmetric ``B_g bar B_g'`` of each level, ``(G, q, q)``, from the upper triangle."""
        full = mirror(bar.reshape(self.m, self.m))
        right = (self.B.reshape(-1, self.m) @ full).reshape(self.B.shape)
        return np.matmul(right, self.B.transpose(0, 2, 1))

    def entry_adjoint(self, bar: np.ndarray, M: np.ndarray) -> np.ndarray:
        """Derivative of ``tr(bar sum_g B_g' M_g B_g)`` with respect to the entries, ``(E,)``."""
        full = bar.reshape(self.m, self.m)
        right = (np.matmul(M, self.B).reshape(-1, self.m) @ full).reshape(self.B.shape)
        e = self.entries
        return 2.0 * right[e.level, e.row, e.column]


def couple(
    entries: Entries, n_levels: int, size: int, layout: BlockLayout
) -> PairCoupling | DenseCoupling:
    """Choose the cheaper form; a dense product does an operation sixteen times faster."""
    if layout.n_blocks > 1:
        return PairCoupling(entries, n_levels, size, layout)
    dense_work = n_levels * size * layout.m**2
    if dense_work > SMALL_PRODUCT:
        pairs = PairCoupling.count(entries, n_levels)
        if pairs <= MAX_PAIRS and 16 * pairs * size**2 <= dense_work:
            return PairCoupling(entries, n_levels, size, layout)
    return DenseCoupling(entries, n_levels, size, layout)


def entry_matrix(entries: Entries, size: int, n_levels: int, n_columns: int) -> sparse.csr_array:
    """``B`` as a sparse ``(G q, m)`` matrix."""
    rows = entries.level * size + entries.row
    return sparse.csr_array(
        (entries.value, (rows, entries.column)), shape=(n_levels * size, n_columns)
    )
