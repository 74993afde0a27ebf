"""Estimate the variances of an additive mixed model, and its effects."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.likelihood import Criterion, Solution
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.newton import minimise
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.parameters import Held, Parameters

Array = NDArray[np.float64]

TOLERANCE = 1e-8
"""Change of the criterion a row at which fits end."""
ROUNDS = 12
"""Working responses are renewed at most this often."""
STEPS = 4
"""Steps on the variances between two renewals."""
CALM = 0.3
"""Change of linear predictors, counted as for `SETTLED`, from which on the dispersion waits: a step
to where rows are not yet would be noise to it, and the two would go back and forth."""
OTHER = np.log(2.0)
"""Change of the dispersion's logarithm beyond which terms that left start again: what was noise is
not any more."""
LONGEST = 5.0
"""Largest change of a row's linear predictor at a renewal."""
SETTLED = 0.02
"""Change of parameters and linear predictors at which renewals end; that of rows of less than the
median weight counts by the square root of their share of it. Where a rare category has one outcome
only its rows would move for ever, while nothing that they say changes any more."""


@dataclass(frozen=True, eq=False)
class AdditiveFit:
    """A fitted additive mixed model.

    Attributes
    ----------
    matrices : Matrices
        Of the n training rows.
    parameters : Parameters
    x : ndarray
        Estimated parameters.
    solution : Solution
    working, weights : ndarray, shape (n,)
        Working responses, less the offset, and weights; of a generalised model those that the
        estimates come from, at the linear predictor before.
    eta : ndarray, shape (n,)
        Linear predictor, offset included.
    scale : float
        The dispersion of a family that has one beside the mean.
    """

    matrices: Matrices
    parameters: Parameters
    x: Array
    solution: Solution
    working: Array
    weights: Array
    eta: Array
    scale: float = 1.0

    @property
    def residuals(self) -> Array:
        """Working responses less what the model says of them, shape (n,)."""
        return self.working - self.predict(self.matrices)

    def predict(self, matrices: Matrices) -> Array:
        """Return the linear predictor of n rows less the offset.

        Parameters
        ----------
        matrices : Matrices
            Effects of levels of code -1 have their expectation, zero.
        """
        eta = matrices.side(self.solution.side)
        if matrices.n_own:
            padded = np.vstack([self.solution.own, np.zeros(matrices.n_own)])
            eta += (matrices.Z * padded[matrices.codes]).sum(axis=1)
        return eta


def fit_additive(
    matrices: Matrices,
    outcome: Outcome,
    x: Array,
    eta: Array,
    *,
    steps: int | None = None,
    held: Held = None,
    tol: float = TOLERANCE,
    renews_scale: bool | None = None,
) -> AdditiveFit:
    """Fit by restricted likelihood.

    Parameters
    ----------
    matrices : Matrices
        n rows, every one of a known level.
    outcome : Outcome
    x : ndarray
        Where the parameters start.
    eta : ndarray, shape (n,)
        Where the linear predictor starts; Gaussian responses do not need it.
    steps : int, optional
        Steps on the variances; 0 leaves them at `x`. By default as many as it takes.
    held : ndarray of bool, optional
        Parameters that stay where they start, whatever the steps.
    tol : float
        Change of the criterion a row at which they end.
    renews_scale : bool, optional
        Whether the family's dispersion is estimated, too, where it has one, and not that of the
        outcome; by default where there are steps.
    """
    parameters = Parameters(matrices)
    if renews_scale is None:
        renews_scale = steps != 0
    renews_scale &= outcome.has_scale
    if outcome.dispersion is None:
        y, weights = outcome.working(eta)
        criterion = Criterion(Gram.of(matrices, y, weights), parameters, matrices.p)
        x = _minimise(criterion, x, 100 if steps is None else steps, held, tol)
        return _finish(matrices, criterion, x, y, weights, outcome)
    for round_ in range(2 * ROUNDS if renews_scale else ROUNDS):
        y, weights = outcome.working(eta)
        gram = Gram.of(matrices, y, weights)
        criterion = Criterion(gram, parameters, matrices.p, outcome.dispersion)
        moved = _minimise(criterion, x, STEPS if steps is None else steps, held, tol)
        fit = _finish(matrices, criterion, moved, y, weights, outcome)
        change = np.clip(fit.eta - eta, -LONGEST, LONGEST)
        counted = np.abs(change) * np.sqrt(np.minimum(weights / np.median(weights), 1.0))
        settled = counted.max() < SETTLED and np.allclose(moved, x, atol=SETTLED, rtol=0.0)
        eta, x = eta + change, moved
        if renews_scale and counted.max() < CALM:
            before, outcome = outcome, outcome.rescaled(eta, fit.solution.effective_parameters)
            settled = settled and outcome is before
            if steps != 0 and abs(np.log(outcome.scale / before.scale)) > OTHER:
                x = parameters.lifted(x, held)
        if settled and round_:
            break
    return replace(fit, scale=outcome.scale)


def _minimise(criterion: Criterion, x: Array, steps: int, held: Held, tol: float) -> Array:
    if not len(x) or not steps:
        return x
    lower, upper = criterion.parameters.bounds()
    if held is not None:
        lower, upper = np.where(held, x, lower), np.where(held, x, upper)
    return minimise(criterion, x, lower, upper, steps, tol)


def restore_fit(
    matrices: Matrices, outcome: Outcome, x: Array, working: Array, weights: Array
) -> AdditiveFit:
    """Return the fit that had these parameters, working responses and weights."""
    gram = Gram.of(matrices, working, weights)
    criterion = Criterion(gram, Parameters(matrices), matrices.p, outcome.dispersion)
    return _finish(matrices, criterion, x, working, weights, outcome)


def _finish(
    matrices: Matrices, criterion: Criterion, x: Array, y: Array, weights: Array, outcome: Outcome
) -> AdditiveFit:
    parameters, solution = criterion.parameters, criterion.solve(x)
    bare = AdditiveFit(matrices, parameters, x, solution, y, weights, y, outcome.scale)
    return replace(bare, eta=bare.predict(matrices) + outcome.offset)
