"""Storage of a symmetric matrix that falls into blocks after a permutation.

Once the largest factor is eliminated, effects of the others that never meet are independent: with
pupils in classes in schools every school is a block of its own, with crossed factors there is one
block. Blocks of nearly the same size share an array ``(K, s, s)``; all arrays are views of one flat
vector, so that sums over index lists can be written straight into them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri, dpotrs

from .profiled import CriterionError
from .smallblocks import mirror

EXACT_SIZES = 8
LAPACK_SIZE = 100
"""Blocks from this size on are factored one by one, in place; smaller ones in a batch."""


def _padded(size: int) -> int:
    """Common size that a block is padded to: at most a quarter more than its own."""
    if size <= EXACT_SIZES:
        return size
    step = 2 ** (size.bit_length() - 3)
    return -(-size // step) * step


class BlockLayout:
    """Places of a block-diagonal symmetric ``(m, m)`` matrix in a flat vector.

    Parameters
    ----------
    block : ndarray of shape (m,)
        Block of every column, numbered from 0.

    Attributes
    ----------
    m, n_blocks, size : int
        Columns, blocks, and length of the flat vector.
    """

    def __init__(self, block: np.ndarray) -> None:
        self.m = len(block)
        counts = np.bincount(block)
        self.n_blocks = len(counts)
        single = len(counts) == 1
        widths = counts if single else np.array([_padded(int(c)) for c in counts])
        order = np.argsort(block, kind="stable")
        local = np.empty(self.m, dtype=np.int64)
        local[order] = np.arange(self.m) - np.repeat(np.cumsum(counts) - counts, counts)
        base = np.empty(len(counts), dtype=np.int64)
        self._buckets: list[tuple[slice, int, np.ndarray]] = []
        self.size = 0
        for width in np.unique(widths):
            members = np.flatnonzero(widths == width)
            stop = self.size + len(members) * int(width) ** 2
            base[members] = self.size + np.arange(len(members)) * int(width) ** 2
            columns = np.full((len(members), int(width)), self.m)
            rank = np.full(len(counts), -1)
            rank[members] = np.arange(len(members))
            mine = np.flatnonzero(rank[block] >= 0)
            columns[rank[block[mine]], local[mine]] = mine
            self._buckets.append((slice(self.size, stop), int(width), columns))
            self.size = stop
        self._row = base[block] + local * widths[block]
        self._local = local
        self.diagonal = np.concatenate(
            [
                span.start
                + (np.arange(c.shape[0])[:, None] * w * w + np.arange(w) * (w + 1)).ravel()
                for span, w, c in self._buckets
            ]
        )

    def index(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Places of entries whose row and column lie in one block."""
        return self._row[rows] + self._local[cols]

    def views(self, flat: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Arrays ``(K, s, s)`` of blocks and their columns ``(K, s)``; ``m`` marks padding."""
        for span, width, columns in self._buckets:
            yield flat[span].reshape(-1, width, width), columns

    def mirror(self, upper: np.ndarray) -> np.ndarray:
        """Both triangles from the upper one."""
        out = np.empty_like(upper)
        for (source, _), (target, _) in zip(self.views(upper), self.views(out), strict=True):
            target[:] = mirror(source)
        return out

    def rows(self, X: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Rows of ``X (m, d)`` for the columns of a view, zero for padding."""
        if columns.size == self.m and len(columns) == 1:
            return X[None]
        return np.vstack([X, np.zeros((1, X.shape[1]))])[columns]

    def times(self, full: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Product with ``X (m, d)`` of a matrix whose both triangles are stored."""
        out = np.empty((self.m + 1, X.shape[1]))
        for view, columns in self.views(full):
            out[columns] = view @ self.rows(X, columns)
        return out[:-1]

    def outer(self, A: np.ndarray, B: np.ndarray) -> np.ndarray:
        """Blocks of ``A B'`` for two ``(m, d)`` arrays."""
        out = np.empty(self.size)
        for view, columns in self.views(out):
            np.matmul(self.rows(A, columns), self.rows(B, columns).transpose(0, 2, 1), out=view)
        return out

    def scaled(self, upper: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """``D X D`` for a diagonal ``D (m,)``; padding becomes zero."""
        out = np.empty_like(upper)
        padded = np.append(scale, 0.0)
        for (source, columns), (target, _) in zip(self.views(upper), self.views(out), strict=True):
            np.multiply(source, padded[columns][:, None, :], out=target)
            target *= padded[columns][:, :, None]
        return out

    def dense(self, full: np.ndarray) -> np.ndarray:
        """The whole ``(m, m)`` matrix."""
        out = np.zeros((self.m + 1, self.m + 1))
        for view, columns in self.views(full):
            out[columns[:, :, None], columns[:, None, :]] = view
        return out[:-1, :-1]


class BlockFactor:
    """Cholesky factorisation of a positive definite matrix in a layout.

    Parameters
    ----------
    layout : BlockLayout
    upper : ndarray of shape (size,)
        Upper triangle, one on the diagonal of padding; large blocks are overwritten.

    Attributes
    ----------
    logdet : float

    Raises
    ------
    CriterionError
        The matrix is not positive definite.
    """

    def __init__(self, layout: BlockLayout, upper: np.ndarray) -> None:
        self.layout = layout
        self.logdet = 0.0
        self._roots: list[list[np.ndarray] | np.ndarray] = []
        for view, _ in layout.views(upper):
            if view.shape[1] >= LAPACK_SIZE or len(view) == 1:
                roots = [self._lapack(block) for block in view]
            else:
                roots = self._batch(view)
            self._roots.append(roots)

    def _lapack(self, block: np.ndarray) -> np.ndarray:
        # LAPACK's lower triangle by columns is the upper triangle by rows.
        root, fail = dpotrf(block.T, lower=1, overwrite_a=1)
        if fail:
            raise CriterionError("the Schur complement is not positive definite")
        self.logdet += 2.0 * float(np.log(np.diagonal(root)).sum())
        return root

    def _batch(self, view: np.ndarray) -> np.ndarray:
        try:
            roots = np.linalg.cholesky(view, upper=True)
        except np.linalg.LinAlgError as error:
            raise CriterionError("the Schur complement is not positive definite") from error
        diagonal = np.diagonal(roots, axis1=1, axis2=2)
        self.logdet += 2.0 * float(np.log(diagonal).sum())
        inverse = np.linalg.inv(roots)
        return inverse @ inverse.transpose(0, 2, 1)

    def solve(self, X: np.ndarray) -> np.ndarray:
        """Solution ``(m, d)`` of the linear system."""
        out = np.empty((self.layout.m + 1, X.shape[1]))
        for roots, (_, _, columns) in zip(self._roots, self.layout._buckets, strict=True):
            right = self.layout.rows(X, columns)
            if isinstance(roots, list):
                solved = [dpotrs(r, b, lower=1)[0] for r, b in zip(roots, right, strict=True)]
                out[columns] = solved
            else:
                out[columns] = roots @ right
        return out[:-1]

    def inverse(self) -> np.ndarray:
        """Upper triangle of the inverse, flat."""
        out = np.empty(self.layout.size)
        for roots, (view, _) in zip(self._roots, self.layout.views(out), strict=True):
            if isinstance(roots, list):
                for target, root in zip(view, roots, strict=True):
                    target[:] = dpotri(root, lower=1)[0].T
            else:
                view[:] = roots
        return out
