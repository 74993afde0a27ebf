"""How much a row tells, where the noise varies more around some means than around others.

Estimates that take all rows of growing plants as equally precise follow the large ones' noise.
Feasible generalised least squares (Carroll and Ruppert 1988, chapter 2; Pinheiro and Bates 2000,
section 5.2) weighs a row by the inverse of its variance, by a variance function of the residuals.
Residuals are misfit as well as noise, and what is wanted are means with small errors wherever rows
lie, so held-out rows choose how much of the weights to take, and whether to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.outcome import GaussianOutcome
from tabmixnn.inference.additive.predictive import noise_shape
from tabmixnn.inference.additive.variants import Variant, compared
from tabmixnn.predictive.spread import Spread

if TYPE_CHECKING:
    from tabmixnn.inference.additive.grown import GrownModel

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

POWERS = (0.5, 1.0)
"""Of the variance function, to choose from."""


@dataclass(frozen=True, eq=False)
class Weighing:
    """What rows weigh.

    Attributes
    ----------
    spread : Spread
        The variance of their noise by their mean, relative to the average.
    precision : ndarray, shape (n,)
        Its inverse at the training rows' fitted means, as they were before.
    """

    spread: Spread
    precision: Array

    def state(self) -> dict[str, Any]:
        """Return both, for a model file."""
        return {"spread": vars(self.spread), "precision": self.precision}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Weighing:
        """Return what was saved."""
        spread = state["spread"]
        coefficients = tuple(spread["coefficients"])
        return cls(Spread(**{**spread, "coefficients": coefficients}), state["precision"])


def find_weighing(
    grown: GrownModel, outcome: GaussianOutcome, folds: list[Codes]
) -> tuple[Weighing, Comparison] | None:
    """Weigh rows by the variance function of a model's residuals.

    The variances of effects stay what they are: estimated anew with the weights they would be
    those that the most precise rows need.

    Parameters
    ----------
    grown : GrownModel
        With the terms found so far.
    outcome : GaussianOutcome
        The n training responses.
    folds : list of ndarray, shape (n,)
        From `divisions`.

    Returns
    -------
    (Weighing, Comparison) or None
        The one that held-out rows like best, and how it compares with the model without; None if
        the noise has the same variance everywhere.
    """
    fit = grown.additive
    spread = noise_shape(grown).spread
    factors = spread.factors(fit.eta)
    if not np.ptp(factors) > 0:
        return None
    plain = Variant(fit.matrices, outcome, fit.x)

    def weighed() -> Iterator[tuple[Weighing, Variant]]:
        for power in POWERS:
            # The average row's variance stays the residual variance.
            tempered = spread.tempered(power, float(np.mean(factors ** (1.0 - power))))
            weighing = Weighing(tempered, 1.0 / tempered.factors(fit.eta))
            yield weighing, replace(plain, outcome=outcome.weighed(weighing.precision))

    return min(compared(folds, plain, weighed()), key=lambda each: each[1].richer)
