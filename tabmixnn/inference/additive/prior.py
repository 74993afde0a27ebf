"""The normal prior that keeps the formula's fixed effects back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SAME = 1e-6
"""How far from one a combination of columns may be anywhere to be the constant."""


@dataclass(frozen=True, eq=False)
class FixedPrior:
    """Independent effects of columns in units of their deviations, whatever the constant is.

    Units of predictors do not matter, and the base rate is not held back: neither an intercept
    nor the average over the levels of a factor, where these stand for one.

    Attributes
    ----------
    variances : ndarray, shape (p,)
        Of the columns in the training rows.
    constant : ndarray of shape (p,), or None
        The combination of columns that is one in every row; None if there is none, or if a column
        is constant, whose variance is zero.
    """

    variances: Array
    constant: Array | None

    @classmethod
    def of(cls, X: Array, basis: Array, weights: Array | None = None) -> FixedPrior:
        """Return the prior for the columns of n training rows.

        Parameters
        ----------
        X : ndarray, shape (n, p)
        basis : ndarray, shape (p, p)
            What makes them orthogonal, with mean squares of one.
        weights : ndarray, shape (n,), optional
            How often each row was seen; by default once.
        """
        mean = np.average(X, axis=0, weights=weights)
        variances = np.average((X - mean) ** 2, axis=0, weights=weights)
        is_constant = np.ptp(X, axis=0) == 0.0
        variances[is_constant] = 0.0
        combination = basis @ (X @ basis).mean(axis=0)
        is_one = np.abs(X @ combination - 1.0).max(initial=0.0) < SAME
        return cls(variances, combination if is_one and not is_constant.any() else None)

    @property
    def varies(self) -> bool:
        """Whether there is anything to hold back."""
        return bool(self.variances.any())

    @property
    def rank(self) -> int:
        """Rank of the precision: directions that are held back."""
        return int(np.count_nonzero(self.variances)) - (self.constant is not None)

    def precision(self, penalty: float) -> Array:
        """Return the precision of the p effects, shape (p, p).

        Parameters
        ----------
        penalty : float
            That of the effect of a column of variance one.
        """
        diagonal = np.diag(self.variances)
        if self.constant is None:
            return penalty * diagonal
        along = self.variances * self.constant
        return penalty * (diagonal - np.outer(along, along) / (along @ self.constant))
