"""A logarithmic scale for predictors with most of their values at one end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SKEWED = 0.35
"""Distance of the median from the nearer end, as a share of the range, below which there is one."""
CLOSEST = 0.02
"""Least such share that the scale follows."""
FEW_VALUES = 200
"""Distinct values up to which quantiles are theirs, not the rows': where somebody chose them, such
as doses, each is one."""


@dataclass(frozen=True)
class LogScale:
    r"""The mean of the predictor's own scale and a logarithmic one, on the unit interval.

    With u the place between both ends, from the one where most values are, it is
    :math:`(u + \log(1 + c u) / \log(1 + c)) / 2`, with c such that the logarithm is 1/2 at the
    median. Doses, durations and amounts of money say about as much by their ratios as by their
    differences, and curves that are smooth in either are smooth in their mean.

    Attributes
    ----------
    low, high : float
        The ends; beyond the nearer one the scale goes on as a straight line.
    rate : float
        c.
    is_reversed : bool
        Whether most values are at the high end.
    """

    low: float
    high: float
    rate: float
    is_reversed: bool

    @classmethod
    def fit(cls, x: Array, low: float, high: float) -> LogScale | None:
        """Return the scale of n values between two ends; None where they are not skewed.

        Parameters
        ----------
        x : ndarray, shape (n,)
        low, high : float
            Values beyond count as these.
        """
        distinct = np.unique(x)
        values = distinct if len(distinct) < FEW_VALUES else x
        middle = (float(np.median(np.clip(values, low, high))) - low) / (high - low)
        share = min(middle, 1.0 - middle)
        if share >= SKEWED:
            return None
        share = max(share, CLOSEST)
        # log(1 + c share) = log(1 + c) / 2 is quadratic in c.
        return cls(low, high, (1.0 - 2.0 * share) / share**2, middle > 0.5)

    def __call__(self, x: Array) -> Array:
        """Return n values on the scale, shape (n,)."""
        u = (x - self.low) / (self.high - self.low)
        if self.is_reversed:
            u = 1.0 - u
        beyond = np.minimum(u, 0.0)
        logs = np.log1p(self.rate * np.maximum(u, 0.0)) + self.rate * beyond
        out = 0.5 * (u + logs / np.log1p(self.rate))
        return 1.0 - out if self.is_reversed else out
