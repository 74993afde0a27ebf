"""The noise of a Gaussian outcome, as the residuals show it: its variance function, its tails."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tabmixnn.predictive.spread import Spread
from tabmixnn.predictive.tails import Tails

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """By default normal, with one variance.

    Attributes
    ----------
    spread : Spread
        The variance by the mean.
    tails : Tails
        Of residuals that have been divided by the deviations of `spread`.
    """

    spread: Spread = field(default_factory=Spread)
    tails: Tails = field(default_factory=Tails)

    @classmethod
    def of(cls, residuals: Array, noise: Array, known: Array, mean: Array | None = None) -> Noise:
        """Fit residuals.

        Parameters
        ----------
        residuals : ndarray, shape (n,)
            Of rows that the model was fitted to.
        noise, known : ndarray, shape (n,)
            The variances of the noise as estimated, and of the errors of the linear predictors: a
            row's residual has the difference of the two.
        mean : ndarray, shape (n,), optional
            Fitted means; the variance is the same for all rows if they are not given.
        """
        if mean is None:
            return cls(Spread(), Tails.of(residuals, noise, known))
        spread = Spread.of(residuals, noise, known, mean)
        return cls(spread, Tails.of(residuals, noise * spread.factors(mean), known))
