"""The cross-products of a linear mixed model, where its rows are not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .fixed import FixedBasis
from .terms import Grouping


@dataclass
class FixedSums(FixedBasis):
    """The fixed part without its rows.

    Attributes
    ----------
    n : int
        Number of rows that were summed.
    gram : ndarray of shape (p + 1, p + 1)
        Cross-product of the weighted columns ``[X R^-1, y - X beta_0]``.
    log_weights : float
        Sum of the logarithms of the rows' weights.
    low, high : float
        The smallest and the largest response.
    """

    n: int
    gram: np.ndarray
    log_weights: float
    low: float
    high: float

    D = None


@dataclass
class SummedCells:
    """Sums over the rows of the combinations of two factors' levels; see ``Cells``."""

    left: Grouping
    right: Grouping
    left_level: np.ndarray
    right_level: np.ndarray
    products: np.ndarray

    @property
    def n(self) -> int:
        """Number of combinations."""
        return len(self.left_level)

    def sums(self, row_weights: None = None) -> np.ndarray:
        """``Z_left' W Z_right`` of each cell, ``(n_cells, q_left, q_right)``."""
        return self.products


@dataclass
class SummedGrouping(Grouping):
    """A grouping factor whose ``codes`` and ``Z`` have no rows, but whose sums are known.

    Attributes
    ----------
    products : ndarray of shape (G, q, q)
    crossed : ndarray of shape (G, q, p + 1)
        With the columns of the fixed part.
    pairs : dict of int to tuple of ndarray
        For the position of another factor in the order of elimination: levels of this one and of
        that one, ``(n,)`` each, and the sums ``(n, q_this, q_that)`` of their combinations.
    place : int
        Position of this factor.
    """

    products: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0)))
    crossed: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0)))
    pairs: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)
    place: int = 0

    def gram(self, row_weights: None = None) -> np.ndarray:
        """``Z_g' W Z_g`` of every level, ``(G, q, q)``."""
        return self.products

    def cross(self, D: None) -> np.ndarray:
        """``Z_g' D_g`` of every level, ``(G, q, p + 1)``."""
        return self.crossed

    def cells(self, other: SummedGrouping) -> SummedCells:
        """Combinations of the levels with those of another factor."""
        return SummedCells(self, other, *self.pairs[other.place])
