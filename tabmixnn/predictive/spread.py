"""The variance of a Gaussian outcome's noise as a function of its mean, where residuals show one.

What grows varies more when it is large: one variance for all rows covers small outcomes too often
and large ones too rarely. The logarithm of the variance is a polynomial of the fitted mean, as the
variance functions of mean and dispersion models are (Smyth 1989; Pinheiro and Bates 2000, section
5.2); the estimates of the mean are left as they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tabmixnn.predictive.tails import standardised

Array = NDArray[np.float64]

MOST_DEGREE = 2
"""Largest degree of the polynomial."""
FEWEST = 30
"""Residuals from which on a variance function is looked for."""
FARTHEST = 10.0
"""Deviations from the average mean beyond which the variance stays what it is there: of a skewed
outcome a few means lie far out, where an exponential of them would say anything."""
WIDEST = math.log(1e4)
"""Largest difference of log variances that a variance function is believed."""
STEPS, SETTLED = 50, 1e-8
LONGEST = 2.0
"""Largest change of a log variance in one step."""


@dataclass(frozen=True)
class Spread:
    """A variance relative to its average over the rows that it was fitted to.

    Attributes
    ----------
    coefficients : tuple of float
        Of the log variance: of the powers 0, 1, ... of the standardised mean.
    centre, unit : float
        Of the means it was fitted to.
    low, high : float
        Least and largest of them, but for those far out: beyond, the variance stays what it is
        there.
    """

    coefficients: tuple[float, ...] = (0.0,)
    centre: float = 0.0
    unit: float = 1.0
    low: float = -math.inf
    high: float = math.inf

    @classmethod
    def of(cls, residuals: Array, noise: Array, known: Array, mean: Array) -> Spread:
        """Fit squared residuals by gamma quasi-likelihood; constant unless BIC says otherwise.

        Parameters
        ----------
        residuals : ndarray, shape (n,)
            Of rows that the model was fitted to.
        noise, known : ndarray, shape (n,)
            The variances of the noise, and of the errors of the linear predictors: a row's
            residual has the difference of the two.
        mean : ndarray, shape (n,)
            Fitted means.
        """
        z, told = standardised(residuals, noise, known)
        squares, mean = z**2, mean[told]
        if len(squares) < FEWEST or not squares.any() or not np.ptp(mean) > 0:
            return cls()
        centre, unit = float(mean.mean()), float(mean.std())
        u = np.clip((mean - centre) / unit, -FARTHEST, FARTHEST)
        powers = np.vander(u, MOST_DEGREE + 1, increasing=True)
        fits = [_fit(powers[:, : degree + 1], squares) for degree in range(MOST_DEGREE + 1)]
        fits = [each for each in fits if np.ptp(np.log(each.variance)) <= WIDEST]
        # What fits best says how much longer than a normal distribution's the tails are.
        dispersion = max(0.5 * float(np.mean((squares / fits[-1].variance - 1.0) ** 2)), 1.0)
        costs = [
            each.deviance / dispersion + (len(each.coefficients) - 1) * math.log(len(squares))
            for each in fits
        ]
        best = fits[int(np.argmin(costs))]
        if len(best.coefficients) == 1:
            return cls()
        intercept = best.coefficients[0] - math.log(float(best.variance.mean()))
        coefficients = (float(intercept), *map(float, best.coefficients[1:]))
        low, high = (float(centre + unit * end) for end in (u.min(), u.max()))
        return cls(coefficients, centre, unit, low, high)

    def tempered(self, power: float, scale: float) -> Spread:
        """Return the variance to a power, times `scale`."""
        first, *rest = (power * each for each in self.coefficients)
        return replace(self, coefficients=(first + math.log(scale), *rest))

    def factors(self, mean: Array) -> Array:
        """Return the variances of rows by their means, relative to the average, shape (n,)."""
        u = (np.clip(mean, self.low, self.high) - self.centre) / self.unit
        return np.exp(np.polynomial.polynomial.polyval(u, self.coefficients))


class _Fit(NamedTuple):
    coefficients: Array
    variance: Array
    deviance: float


def _fit(design: Array, squares: Array) -> _Fit:
    """Fit squares, whose means are the variances, with a log link (Fisher scoring)."""
    beta = np.zeros(design.shape[1])
    beta[0] = math.log(float(squares.mean()))
    eta = design @ beta
    deviance = _deviance(squares, eta)
    for _ in range(STEPS):
        step = np.linalg.lstsq(design, squares * np.exp(-eta) - 1.0, rcond=None)[0]
        change = design @ step
        size = min(1.0, LONGEST / max(float(np.abs(change).max()), LONGEST))
        while _deviance(squares, eta + size * change) > deviance and size > SETTLED:
            size *= 0.5
        beta, eta = beta + size * step, eta + size * change
        before, deviance = deviance, _deviance(squares, eta)
        if before - deviance < SETTLED * len(squares):
            break
    return _Fit(beta, np.exp(eta), deviance)


def _deviance(squares: Array, eta: Array) -> float:
    """Return twice the negative log-likelihood of normal residuals, but for a constant."""
    return float((eta + squares * np.exp(-eta)).sum())
