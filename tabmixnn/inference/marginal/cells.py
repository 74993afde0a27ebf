"""Distinct combinations of the levels of two factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .terms import Grouping


class Cells:
    """Distinct combinations of the levels of two factors and the sums over their rows.

    Attributes
    ----------
    n : int
        Number of combinations.
    left_level, right_level : ndarray of shape (n,)
        Their levels, in ascending order.
    """

    def __init__(self, left: Grouping, right: Grouping) -> None:
        self.left, self.right = left, right
        key = left.codes.astype(np.int64) * right.n_levels + right.codes
        cells, self.inverse = np.unique(key, return_inverse=True)
        self.n = len(cells)
        self.left_level, self.right_level = np.divmod(cells, right.n_levels)

    def sums(self, row_weights: np.ndarray | None) -> np.ndarray:
        """``Z_left' W Z_right`` of each cell, ``(n_cells, q_left, q_right)``."""
        out = np.empty((self.n, self.left.size, self.right.size))
        for k in range(self.left.size):
            for m in range(self.right.size):
                product = self.left.Z[:, k] * self.right.Z[:, m]
                if row_weights is not None:
                    product *= row_weights
                out[:, k, m] = np.bincount(self.inverse, product, self.n)
        return out

    def per_row(self, bar: np.ndarray) -> np.ndarray:
        """Adjoint of :meth:`sums` with respect to the row weights, ``(n,)``."""
        picked = bar[self.inverse]
        return np.einsum("nk,nkm,nm->n", self.left.Z, picked, self.right.Z)
