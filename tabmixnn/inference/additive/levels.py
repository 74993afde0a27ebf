"""The effects of the largest grouping factor's levels, solved out one level at a time.

What is unknown of a level's k scaled effects, given all others and in units of the residual
variance, is the inverse of ``I + T'Z'WZT``. That of its rows, ``I + W^(1/2) Z T T' Z' W^(1/2)``,
says the same, and costs less where levels have fewer rows than effects.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.gram import Gram

Array = NDArray[np.float64]


LARGEST = 8
"""Size up to which triangular matrices are inverted as any others are."""


def invert_lower(roots: Array) -> Array:
    """Return the inverses of lower triangular matrices, shape (n, q, q), half by half."""
    q = roots.shape[1]
    if q <= LARGEST:
        return np.linalg.inv(roots)
    first, last = slice(q // 2), slice(q // 2, q)
    out = np.zeros_like(roots)
    for half in (first, last):
        out[:, half, half] = invert_lower(roots[:, half, half])
    out[:, last, first] = -out[:, last, last] @ roots[:, last, first] @ out[:, first, first]
    return out


class Levels(ABC):
    """What one Cholesky factor a level, of q by q numbers, says of the effects.

    Parameters
    ----------
    gram : Gram
    T : ndarray, shape (k, k)
        Factor of the effects' covariance; see `Scales.own`.

    Attributes
    ----------
    factor : ndarray, shape (n_levels, q, k)
        F, whose squares `unknown` takes.
    lead : ndarray, shape (n_levels, q, ·)
        What turns what `Matrices.by_level` says of columns into their part in F.
    log_root : float
        Sum of the logarithms of the Cholesky factors' diagonals.
    """

    factor: Array
    lead: Array
    log_root: float

    @abstractmethod
    def __init__(self, gram: Gram, T: Array) -> None: ...

    @abstractmethod
    def less(self, total: Callable[[], Array], squares: Array) -> Array:
        """Return cross-products of columns with the effects of the levels solved out.

        Parameters
        ----------
        total : callable
            Returns the columns' cross-products; called where they are needed.
        squares : ndarray
            Those of what `lead` makes of them.
        """

    @abstractmethod
    def unknown(self, total: Array, squares: Array) -> Array:
        """Return what is unknown of the scaled effects of a level, given all other effects.

        Parameters
        ----------
        total : ndarray
            What is unknown of them without data.
        squares : ndarray
            Squares of what `factor` makes of them.
        """

    def _inverse_root(self, inner: Array) -> Array:
        """Return the inverse Cholesky factors of ``I + inner``, which is written over."""
        q = np.arange(inner.shape[1])
        inner[:, q, q] += 1.0
        roots = np.linalg.cholesky(inner)
        self.log_root = float(np.log(np.diagonal(roots, axis1=1, axis2=2)).sum())
        return invert_lower(roots)


class ByEffects(Levels):
    """By the effects of each level: q is k, and what is unknown is ``F'F``."""

    def __init__(self, gram: Gram, T: Array) -> None:
        self.factor = self._inverse_root(T.T @ gram.own @ T)
        self.lead = self.factor @ T.T

    def less(self, total: Callable[[], Array], squares: Array) -> Array:
        return total() - squares

    def unknown(self, total: Array, squares: Array) -> Array:
        return squares


class ByRows(Levels):
    """By the rows of each level, q of them: what is unknown is ``I - F'F``."""

    def __init__(self, gram: Gram, T: Array) -> None:
        rows = gram.own @ T
        self.lead = self._inverse_root(rows @ np.swapaxes(rows, 1, 2))
        self.factor = self.lead @ rows

    def less(self, total: Callable[[], Array], squares: Array) -> Array:
        return squares

    def unknown(self, total: Array, squares: Array) -> Array:
        return total - squares
