"""How strongly to penalise the formula's fixed effects where outcomes say little of them.

Fixed effects by likelihood alone are infinite where a combination of predictors separates the
outcomes, and far too large where events are few. A normal prior around zero, of the same deviation
for all of them in units of their columns' deviations, keeps them back: ridge regression. It is
used where held-out rows speak for it, and they say how wide it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Space
from tabmixnn.inference.additive.outcome import WorkingOutcome
from tabmixnn.inference.additive.variants import Variant, compared, until_worse
from tabmixnn.inference.marginal.glm import fit_glm, separating_columns, warn_of_separation

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DEVIATIONS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.12, 0.06)
"""Of what a standardised column's effect may be on the scale of the link, to choose from."""


def find_penalty(
    fit: AdditiveFit, space: Space, outcome: WorkingOutcome, folds: list[Codes]
) -> tuple[float, Comparison] | None:
    """Return the penalty that held-out rows like best.

    Parameters
    ----------
    fit : AdditiveFit
        The formula's model at its exact estimates.
    space : Space
    outcome : WorkingOutcome
        The n training responses.
    folds : list of ndarray, shape (n,)
        From `divisions`.

    Returns
    -------
    (float, Comparison) or None
        The prior's precision, and how it compares with none; None where the formula has nothing
        but an intercept.
    """
    if not space.varies:
        return None
    plain = Variant(fit.matrices, outcome, fit.x)

    def penalised() -> Iterator[tuple[float, Variant]]:
        for deviation in DEVIATIONS:
            penalty = deviation**-2
            precision = space.penalised(penalty).fixed_precision
            matrices = replace(fit.matrices, fixed_precision=precision)
            yield penalty, replace(plain, matrices=matrices)

    return until_worse(compared(folds, plain, penalised()))


def is_separated(matrices: Matrices, outcome: WorkingOutcome) -> bool:
    """Return whether fixed effects have no finite estimate; see `separating_columns`."""
    eta = _fixed_part(matrices, outcome)
    return bool(separating_columns(matrices.X, eta, outcome.response).any())


def tell_of_separation(
    matrices: Matrices, outcome: WorkingOutcome, columns: Array, names: list[str]
) -> None:
    """Warn if fixed effects have no finite estimate.

    Parameters
    ----------
    matrices : Matrices
    outcome : WorkingOutcome
    columns : ndarray, shape (n, p)
        The fixed effects' in the user's units.
    names : list of str
        Theirs.
    """
    warn_of_separation(columns, _fixed_part(matrices, outcome), outcome.response, names)


def _fixed_part(matrices: Matrices, outcome: WorkingOutcome) -> Array:
    """Return linear predictors of the model without random effects, shape (n,)."""
    X, offset = matrices.X, outcome.offset
    return offset + X @ fit_glm(X, offset, outcome.response)
