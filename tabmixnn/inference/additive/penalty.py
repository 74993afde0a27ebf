"""How strongly to penalise the formula's fixed effects where outcomes say little of them.

Fixed effects by likelihood alone are infinite where a combination of predictors separates the
outcomes, and far too large where events are few, or rows hardly more than effects. A normal prior
around zero, of the same deviation for all of them in units of their columns' deviations, keeps them
back: ridge regression. It is used where held-out rows speak for it, and they say how wide it is.
Where folds leave fewer rows than effects it is always used, for a Gaussian outcome as wide as is
likeliest. Few events say nothing for sure, held out or not: with fewer than ten an effect it only
has to be better.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, fewest_trained
from tabmixnn.inference.additive.fit import AdditiveFit
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
WIDER = tuple(8.0 * 4.0**power for power in range(5, 0, -1))
"""Wider ones, where there is no estimate without a prior but rows may have next to no noise."""
NARROWER = 0.03, 0.015
"""Narrower ones, where effects can be far more than rows: their variances add up."""
FEWEST = 10
"""Rows an effect of a Gaussian outcome from which on there is no penalty: it could gain a tenth.
Events an effect of another (Peduzzi et al. 1996) from which on one needs held-out rows' support."""


@dataclass(frozen=True)
class Penalty:
    """The penalty that held-out rows like best, or the likeliest.

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
    """Return that of a Gaussian outcome."""
    if fit.matrices.p * FEWEST <= len(fit.matrices):
        return None
    if not _are_determined(fit, folds):
        return _by_restricted_likelihood(fit, space, outcome, folds)
    plain = Variant(fit.matrices, outcome, fit.x)
    best = until_worse(compared(folds, plain, _penalised(fit, space, outcome)))
    return Penalty(*best, best[1].is_support)


def _by_restricted_likelihood(
    fit: AdditiveFit, space: Space, outcome: GaussianOutcome, folds: list[Codes]
) -> Penalty:
    """Return the likeliest of a Gaussian outcome, where folds leave fewer rows than effects.

    The variances of groups are estimated with each: by effects without a prior there is nothing
    left for them to tell.
    """
    start = fit.parameters.lifted(fit.x)
    found: list[tuple[float, float, AdditiveFit]] = []
    for deviation in reversed((*WIDER, *DEVIATIONS, *NARROWER)):
        value = deviation**-2
        each = _with_penalty(fit, space, outcome, value, start).fit(steps=None)
        criterion = each.solution.criterion - each.matrices.n_informed * np.log(value)
        if found and criterion >= found[-1][0]:
            break
        found.append((criterion, value, each))
    _, value, best = found[-1]
    chosen = Variant(best.matrices, outcome, best.x)
    widest = _with_penalty(fit, space, outcome, DEVIATIONS[0] ** -2, best.x)
    _, comparison = next(compared(folds, widest, iter([(value, chosen)])))
    return Penalty(value, comparison, is_wanted=True)


def _by_likelihood(
    fit: AdditiveFit, space: Space, outcome: WorkingOutcome, folds: list[Codes]
) -> Penalty:
    """Return that of another outcome, which may have to have one."""
    penalised = _penalised(fit, space, outcome)
    if not _are_determined(fit, folds):
        _, widest = next(penalised)
        penalised = _penalised(fit, space, outcome, (*DEVIATIONS, *NARROWER))
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


def _penalised(
    fit: AdditiveFit,
    space: Space,
    outcome: Outcome,
    deviations: Sequence[float] = DEVIATIONS,
) -> Iterator[tuple[float, Variant]]:
    """Yield penalties, the widest prior first, and the model with each."""
    most = MOST_DEVIATION if outcome.dispersion is not None and outcome.is_scarce else np.inf
    for deviation in (each for each in deviations if each <= most):
        penalty = deviation**-2
        yield penalty, _with_penalty(fit, space, outcome, penalty, fit.x)


def _with_penalty(
    fit: AdditiveFit, space: Space, outcome: Outcome, penalty: float, x: Array
) -> Variant:
    """Return the model with a penalty, at the parameters `x`."""
    penalised = space.penalised(penalty)
    matrices = replace(
        fit.matrices, fixed_precision=penalised.fixed_precision, n_informed=penalised.n_informed
    )
    return Variant(matrices, outcome, x)


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
