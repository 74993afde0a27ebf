"""The matrices of an additive mixed model, in the two parts that the likelihood treats apart.

The effects of the largest grouping factor are eliminated level by level: `Z` holds the k columns
that multiply a level's effects. All other columns stand side by side: dense ones of terms over
all rows (`R`), sparse ones of the other grouping factors (`S`), and the fixed effects (`X`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

LONG = 2_500
"""Products of rows by columns a level from which on a level's call of BLAS costs less than they."""


@dataclass(frozen=True)
class Block:
    """Columns of `Z` whose effects have a full covariance: `size` of them from `start` on."""

    start: int
    size: int


@dataclass(frozen=True, eq=False)
class Matrices:
    """n rows of an additive mixed model.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        Fixed effects, of full column rank.
    R : ndarray, shape (n, r)
    S : csr_array, shape (n, s)
    side_terms : ndarray, shape (r + s,)
        The term of each column of R and S.
    Z : ndarray, shape (n, k)
    own_terms : ndarray, shape (k,)
        The term of each column of Z; -1 for the columns of `blocks`.
    blocks : tuple of Block
    codes : ndarray, shape (n,)
        Levels of the largest grouping factor; -1 for none.
    n_levels : int
    n_terms : int
        Terms with one variance.
    fixed_precision : ndarray of shape (p, p), or None
        Of a normal prior of the fixed effects around zero, times the residual variance; None where
        they have none.
    n_informed : int
        Directions of the fixed effects that their prior says something of: its rank.
    """

    X: Array
    R: Array
    S: sp.csr_array
    side_terms: Codes
    Z: Array
    own_terms: Codes
    blocks: tuple[Block, ...]
    codes: Codes
    n_levels: int
    n_terms: int
    fixed_precision: Array | None = None
    n_informed: int = 0

    def __len__(self) -> int:
        return len(self.X)

    @property
    def n_side(self) -> int:
        """Columns of R and S."""
        return self.R.shape[1] + self.S.shape[1]

    @property
    def n_own(self) -> int:
        """Columns of Z, k."""
        return self.Z.shape[1]

    @cached_property
    def longest(self) -> int:
        """Rows of the level that has the most of them."""
        return int(np.bincount(self.codes, minlength=1).max()) if len(self.codes) else 0

    @property
    def by_rows(self) -> bool:
        """Whether levels cost less by their rows than by their effects.

        In both cases columns beside Z are multiplied by each other over all of them, and there is
        a square matrix to be factorised in each level.
        """
        q, k, columns = self.longest, self.n_own, self.n_side + self.p
        rows = len(self) * columns**2 + self.n_levels * q**3
        return rows < self.n_levels * (k * columns**2 + k**3)

    @property
    def p(self) -> int:
        """Fixed effects."""
        return self.X.shape[1]

    def take(self, rows: Codes) -> Matrices:
        """Return some of the rows."""
        return Matrices(
            self.X[rows],
            self.R[rows],
            self.S[rows],
            self.side_terms,
            self.Z[rows],
            self.own_terms,
            self.blocks,
            self.codes[rows],
            self.n_levels,
            self.n_terms,
            self.fixed_precision,
            self.n_informed,
        )

    @cached_property
    def own(self) -> sp.csr_array:
        """Z as the sparse matrix of all levels' effects, shape (n, n_levels k)."""
        return spread(self.Z, self.codes, self.n_levels)

    @cached_property
    def _of_own(self) -> sp.csc_array:
        return self.own.T

    @property
    def side_parts(self) -> list[Array | sp.csr_array]:
        """R, S and X; S only if it has columns, since products of an empty one take time, too."""
        return [self.R, *([self.S] if self.S.shape[1] else []), self.X]

    def side(self, coef: Array) -> Array:
        """Return what the columns beside Z add to n rows; `coef` is in the order R, S, X."""
        r, s = self.R.shape[1], self.S.shape[1]
        return self.R @ coef[:r] + self.S @ coef[r : r + s] + self.X @ coef[r + s :]

    def by_level(self, weights: Array, columns: Array | sp.csr_array) -> Array:
        """Return all that the levels' effects need of some columns of the n rows.

        Parameters
        ----------
        weights : ndarray, shape (n,)
        columns : ndarray or csr_array, shape (n, m)

        Returns
        -------
        ndarray, shape (n_levels, q, m)
            ``Z' W columns`` of each level; `by_rows` their rows, ``W^(1/2) columns``, and zeros up
            to the number that the longest has.
        """
        is_sparse = sp.issparse(columns)
        if not self.by_rows:
            if not is_sparse and is_long(len(self), self.n_own * columns.shape[1], self.n_levels):
                weighted = self.Z * weights[:, None]
                return level_products(weighted, columns, self.codes, self.n_levels)
            weighted = columns * weights[:, None]
            out = self._of_own @ weighted
            out = out.toarray() if is_sparse else np.asarray(out)
            return out.reshape(self.n_levels, self.n_own, columns.shape[1])
        dense = columns.toarray() if is_sparse else columns
        out = np.zeros((self.n_levels * self.longest, dense.shape[1]))
        out[self.slots] = dense * np.sqrt(weights)[:, None]
        return out.reshape(self.n_levels, self.longest, dense.shape[1])

    @cached_property
    def slots(self) -> Codes:
        """The place of each row in what `by_level` returns by rows."""
        order = np.argsort(self.codes, kind="stable")
        counts = np.bincount(self.codes, minlength=self.n_levels)
        within = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        out = np.empty_like(order)
        out[order] = self.codes[order] * self.longest + within
        return out


def spread(columns: Array, codes: Codes, n_levels: int) -> sp.csr_array:
    """Return the sparse matrix in which each level has its own copy of the columns.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
    codes : ndarray, shape (n,)
        Rows of code -1 are empty.
    n_levels : int

    Returns
    -------
    csr_array, shape (n, n_levels k)
    """
    n, k = columns.shape
    known = codes >= 0
    positions = np.where(known, codes, 0)[:, None] * k + np.arange(k)
    values = np.where(known[:, None], columns, 0.0)
    starts = np.arange(n + 1) * k
    return sp.csr_array((values.ravel(), positions.ravel(), starts), shape=(n, n_levels * k))


def level_products(a: Array, b: Array, codes: Codes, n_levels: int) -> Array:
    """Return ``a' b`` of each level's rows, shape (n_levels, k, m)."""
    n, k, m = len(a), a.shape[1], b.shape[1]
    out = np.empty((n_levels, k, m))
    symmetric = a is b
    if is_long(n, k * m, n_levels):
        order = np.argsort(codes, kind="stable")
        a = a[order]
        b = a if symmetric else b[order]
        stops = np.cumsum(np.bincount(codes, minlength=n_levels))
        for level, rows in enumerate(map(slice, [0, *stops[:-1]], stops)):
            np.matmul(a[rows].T, b[rows], out=out[level])
        return out
    for i in range(k):
        for j in range(i + 1 if symmetric else m):
            out[:, i, j] = np.bincount(codes, a[:, i] * b[:, j], minlength=n_levels)
            if symmetric:
                out[:, j, i] = out[:, i, j]
    return out


def is_long(n: int, products: int, n_levels: int) -> bool:
    """Return whether levels' cross-products are quicker one level at a time than all at once.

    Parameters
    ----------
    n : int
        Rows of all levels.
    products : int
        Pairs of columns.
    n_levels : int
    """
    return n * products > LONG * n_levels


def stack(parts: Sequence[Array], n: int) -> Array:
    """Put columns side by side; none at all are of shape (n, 0)."""
    return np.hstack(parts) if parts else np.empty((n, 0))
