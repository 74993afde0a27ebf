"""The tails of a Gaussian outcome's noise: Student's t where residuals are longer-tailed.

A few outliers make the residual deviation large, and intervals by the normal distribution then
cover too much in the middle and too little further out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]

DEGREES = (2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 30.0)
"""Degrees of freedom that are tried."""
STEPS = 50
LEAST = 0.05
"""Share of a row's noise that its residual has at least: others are fitted too closely to tell."""
MOST_ROWS = 5000
"""Residuals that tell the tails well enough."""


@dataclass(frozen=True)
class Tails:
    """A t distribution of residuals that have been divided by their deviations.

    Attributes
    ----------
    scale : float
        One for the normal distribution.
    df : float
        Degrees of freedom; infinite for the normal distribution.
    """

    scale: float = 1.0
    df: float = math.inf

    @classmethod
    def of(cls, residuals: Array, noise: Array, known: Array) -> Tails:
        """Fit residuals by maximum likelihood; normal unless BIC says otherwise.

        Parameters
        ----------
        residuals : ndarray, shape (n,)
            Of rows that the model was fitted to.
        noise, known : ndarray, shape (n,)
            The variances of the noise, and of the errors of the linear predictors: a row's
            residual has the difference of the two.
        """
        z, _ = standardised(residuals, noise, known)
        if not np.any(z):
            return cls()
        normal = float(stats.norm.logpdf(z, scale=np.sqrt(np.mean(z**2))).sum())
        found, likelihood = cls(), normal + 0.5 * math.log(len(z))
        for df in DEGREES:
            scale = _scale(z, df)
            value = float(stats.t.logpdf(z, df, scale=scale).sum())
            if value > likelihood:
                found, likelihood = cls(scale, df), value
        return found

    def degrees(self, of_variance: float) -> float:
        """Return the degrees of freedom of noise whose variance is estimated with some."""
        return 1.0 / (1.0 / of_variance + 1.0 / self.df)


def standardised(residuals: Array, noise: Array, known: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Divide residuals by their deviations; leave out those that are fitted too closely.

    Parameters
    ----------
    residuals, noise, known : ndarray, shape (n,)
        See `Tails.of`.

    Returns
    -------
    (ndarray, ndarray of bool)
        m of them, and which of the n they are.
    """
    rest = noise - known
    told = rest > LEAST * noise
    return residuals[told] / np.sqrt(rest[told]), told


def _scale(z: Array, df: float) -> float:
    """Return the scale of a t distribution with known degrees of freedom (EM)."""
    square = float(np.median(np.abs(z)) ** 2) or float(np.mean(z**2))
    for _ in range(STEPS):
        square = float(np.mean((df + 1.0) * z**2 / (df + z**2 / square)))
    return math.sqrt(square)


def some_rows(n: int) -> NDArray[np.int64]:
    """Return the positions of at most `MOST_ROWS` of n rows, evenly spaced."""
    return np.linspace(0, n - 1, min(n, MOST_ROWS)).astype(np.int64)
