"""How much of what the likelihood says of groups predictions are better off with.

Estimates of the variances between groups are those of normal effects, and predictions take the
effects as if they were known. Where outcomes are few or rare both make groups differ too much:
Laplace's approximation of correlated slopes most of all. Held-out rows say by how much.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.outcome import WorkingOutcome
from tabmixnn.inference.additive.variants import Variant, compared, until_worse

Codes = NDArray[np.int64]

SHARES = (0.8, 0.65, 0.5, 0.35, 0.25)
"""Of the formula's deviations, to choose from."""


def find_share(
    fit: AdditiveFit, outcome: WorkingOutcome, folds: list[Codes]
) -> tuple[float, Comparison] | None:
    """Return the share of the deviations that held-out rows like best.

    Parameters
    ----------
    fit : AdditiveFit
        The formula's model at its exact estimates.
    outcome : WorkingOutcome
        The n training responses.
    folds : list of ndarray, shape (n,)
        From `divisions`.

    Returns
    -------
    (float, Comparison) or None
        And how it compares with all of them; None where the formula has no random effects.
    """
    if not len(fit.x):
        return None
    plain = Variant(fit.matrices, outcome, fit.x)
    shrunken = ((each, replace(plain, x=fit.parameters.rescaled(fit.x, each))) for each in SHARES)
    return until_worse(compared(folds, plain, shrunken))
