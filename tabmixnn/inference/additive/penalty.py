"""How strongly to penalise the formula's fixed effects where outcomes say little of them.

Fixed effects by likelihood alone are infinite where a combination of predictors separates the
outcomes, and far too large where events are few, or rows hardly more than effects. A normal prior
around zero, of the same deviation for all of them in units of their columns' deviations, keeps them
back: ridge regression. It is used where held-out rows speak for it, and they say how wide it is.
Few events say nothing for sure, held out or not: with fewer than ten an effect it only has to be
better.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, fewest_trained
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.left_out import left_out_losses
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.outcome import (
    MOST_DEVIATION,
    GaussianOutcome,
    Outcome,
    WorkingOutcome,
)
from tabmixnn.inference.additive.space import Space
from tabmixnn.inference.additive.variants import Variant, best_of, compared, until_worse
from tabmixnn.inference.marginal.glm import fit_glm, separating_columns, warn_of_separation

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

DEVIATIONS = (8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.12, 0.06)
"""Of what a standardised column's effect may be on the scale of the link, or in units of the
residual deviation, to choose from."""
MOST_LEFT_OUT = 2_000
"""Rows up to which each is left out alone where folds cannot judge."""
FEWEST = 10
"""Rows an effect of a Gaussian outcome from which on there is no penalty: it could gain a tenth.
Events an effect of another (Peduzzi et al. 1996) from which on one needs held-out rows' support."""


@dataclass(frozen=True)
class Penalty:
    """The penalty that held-out rows like best.

    Attributes
    ----------
    value : float
        The prior's precision.
    comparison : Comparison
        With the model without one; with the widest prior where there is no such model.
    is_wanted : bool
        Whether fixed effects are to have it.
    """

    value: float
    comparison: Comparison
    is_wanted: bool


def find_penalty(
    fit: AdditiveFit, space: Space, outcome: Outcome, folds: list[Codes]
) -> Penalty | None:
    """Return the best penalty; None where none is looked for.

    Parameters
    ----------
    fit : AdditiveFit
        The formula's model at its exact estimates.
    space : Space
    outcome : Outcome
        The n training responses.
    folds : list of ndarray, shape (n,)
        From `divisions`.
    """
    if not space.prior.varies:
        return None
    look = _by_squares if outcome.dispersion is None else _by_likelihood
    return look(fit, space, outcome, folds)


def _by_squares(
    fit: AdditiveFit, space: Space, outcome: GaussianOutcome, folds: list[Codes]
) -> Penalty | None:
    """Return that of a Gaussian outcome, whose effects always have estimates without one.

    Where folds do not have them, rows are left out alone; those that the others do not tell of
    without a penalty have no say.
    """
    if fit.matrices.p * FEWEST <= len(fit.matrices):
        return None
    penalised = _penalised(fit, space, outcome)
    plain = Variant(fit.matrices, outcome, fit.x)
    if _are_determined(fit, folds):
        best = until_worse(compared(folds, plain, penalised))
    elif len(fit.matrices) <= MOST_LEFT_OUT:
        before = left_out_losses(plain)
        known = np.isfinite(before)
        after = ((value, left_out_losses(variant)) for value, variant in penalised)
        best = best_of((value, Comparison.of(before[known], each[known])) for value, each in after)
    else:
        return None
    return Penalty(*best, best[1].is_support)


def _by_likelihood(
    fit: AdditiveFit, space: Space, outcome: WorkingOutcome, folds: list[Codes]
) -> Penalty:
    """Return that of another outcome, which may have to have one."""
    penalised = _penalised(fit, space, outcome)
    if not _are_determined(fit, folds):
        _, widest = next(_penalised(fit, space, outcome))
        return Penalty(*best_of(compared(folds, widest, penalised)), is_wanted=True)
    found = compared(folds, Variant(fit.matrices, outcome, fit.x), penalised)
    if is_separated(fit.matrices, outcome):
        return Penalty(*best_of(found), is_wanted=True)
    value, comparison = until_worse(found)
    are_enough = outcome.events >= FEWEST * fit.matrices.p
    return Penalty(value, comparison, comparison.is_support if are_enough else comparison.t > 0.0)


def _are_determined(fit: AdditiveFit, folds: list[Codes]) -> bool:
    """Return whether fixed effects have estimates without the rows of a fold."""
    return fewest_trained(folds[0]) > fit.matrices.p


def _penalised(fit: AdditiveFit, space: Space, outcome: Outcome) -> Iterator[tuple[float, Variant]]:
    """Yield penalties, the widest prior first, and the model with each."""
    most = MOST_DEVIATION if outcome.dispersion is not None and outcome.is_scarce else np.inf
    for deviation in (each for each in DEVIATIONS if each <= most):
        penalty = deviation**-2
        precision = space.penalised(penalty).fixed_precision
        yield penalty, Variant(replace(fit.matrices, fixed_precision=precision), outcome, fit.x)


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
