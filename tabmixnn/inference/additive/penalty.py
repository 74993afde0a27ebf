"""How strongly to penalise the formula's fixed effects where outcomes say little of them.

Fixed effects by likelihood alone are infinite where a combination of predictors separates the
outcomes, and far too large where events are few, or rows hardly more than effects. A normal prior
around zero, of the same deviation for all of them in units of their columns' deviations, keeps them
back: ridge regression. It is used where held-out rows speak for it, and they say how wide it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.left_out import left_out_losses
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.model import Space
from tabmixnn.inference.additive.outcome import GaussianOutcome, Outcome, WorkingOutcome
from tabmixnn.inference.additive.variants import Variant, best_of, compared, until_worse
from tabmixnn.inference.marginal.glm import fit_glm, separating_columns, warn_of_separation

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DEVIATIONS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.12, 0.06)
"""Of what a standardised column's effect may be on the scale of the link, or in units of the
residual deviation, to choose from."""
MOST_LEFT_OUT = 2_000
"""Rows up to which each is left out alone where folds cannot judge."""
FEWEST_ROWS = 10
"""An effect of a Gaussian outcome from which on there is no penalty: it could gain a tenth."""


def find_penalty(
    fit: AdditiveFit,
    space: Space,
    outcome: Outcome,
    folds: list[Codes],
    is_judged: bool = True,
    is_needed: bool = False,
) -> tuple[float, Comparison]:
    """Return the penalty that held-out rows like best.

    Parameters
    ----------
    fit : AdditiveFit
        The formula's model at its exact estimates.
    space : Space
    outcome : Outcome
        The n training responses.
    folds : list of ndarray, shape (n,)
        From `divisions`.
    is_judged : bool
        Whether there is a fit without a penalty in each fold, to compare with.
    is_needed : bool
        Whether there is to be a penalty: then all are tried; otherwise, from the widest prior
        on, until one is worse than the one before.

    Returns
    -------
    (float, Comparison)
        The prior's precision, and how it compares with none, or if there cannot be none, with the
        widest.
    """
    penalised = _penalised(fit, space, outcome)
    plain = Variant(fit.matrices, outcome, fit.x) if is_judged else next(penalised)[1]
    found = compared(folds, plain, _penalised(fit, space, outcome))
    return best_of(found) if is_needed else until_worse(found)


def penalty_by_others(
    fit: AdditiveFit, space: Space, outcome: GaussianOutcome
) -> tuple[float, Comparison]:
    """Return the penalty that rows left out one by one like best, for where folds cannot judge.

    Parameters
    ----------
    fit, space, outcome
        As `find_penalty` takes them, which see for what is returned. Rows that the others do not
        tell of without a penalty have no say.
    """
    plain = left_out_losses(Variant(fit.matrices, outcome, fit.x))
    is_known = np.isfinite(plain)
    found = (
        (penalty, Comparison.of(plain[is_known], left_out_losses(variant)[is_known]))
        for penalty, variant in _penalised(fit, space, outcome)
    )
    return best_of(found)


def _penalised(fit: AdditiveFit, space: Space, outcome: Outcome) -> Iterator[tuple[float, Variant]]:
    """Yield penalties, the widest prior first, and the model with each."""
    for deviation in DEVIATIONS:
        penalty = deviation**-2
        precision = space.penalised(penalty).fixed_precision
        yield penalty, Variant(replace(fit.matrices, fixed_precision=precision), outcome, fit.x)


def are_many(matrices: Matrices) -> bool:
    """Return whether least squares could lose much by its many effects."""
    return matrices.p * FEWEST_ROWS > len(matrices)


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
