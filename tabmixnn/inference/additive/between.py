"""What predictors tell of a group that the model has not seen.

A mixed model expects nothing of a new group's effects, whatever its predictors are. Where groups
differ in a predictor, though, it often goes with the effects: its slope between groups is not its
slope within them (Mundlak 1978; Bell and Jones 2015). The known groups' own effects make up for the
difference. For new groups, rows of groups left out as a whole show it: what the model misses there
is regressed on the predictors that vary within groups, and a new group's rows get what that says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, held_out_folds, tenths
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.predictive import new_variances
from tabmixnn.inference.additive.rows import Rows

if TYPE_CHECKING:
    from tabmixnn.inference.additive.engine import AutoEngine

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST = 10
"""Groups from which on those left out can tell."""
SUPPORTED = 2.0
"""A gain of this many standard errors over the groups speaks for it: nothing else asked."""
VARIES = 1e-8
"""Share of a column's variance that is within groups, at least, for the column to vary there."""
RIDGE = 1e-6
STEPS = 6
"""Newton steps of outcomes that are not Gaussian."""
LEAST = 0.1
"""Share of the variance of new groups' effects that is left, at least."""


@dataclass(frozen=True, eq=False)
class BetweenEffects:
    """A linear predictor for the rows of new groups.

    Attributes
    ----------
    group : str
        The grouping factor.
    columns : ndarray of int, shape (k,)
        Which of the formula's fixed effects it has.
    coefficients : ndarray, shape (k + 1,)
        An intercept and theirs.
    left : float
        Share of the variance of a new group's effects that it does not explain.
    """

    group: str
    columns: Codes
    coefficients: Array
    left: float

    def of_rows(self, rows: Rows) -> Array:
        """Return what the rows of new groups get, shape (n,); zero for those of known groups."""
        is_new = rows.codes(self.group) < 0
        return np.where(is_new, _design(rows, self.columns) @ self.coefficients, 0.0)


def find_between(engine: AutoEngine, outcome: Outcome) -> tuple[BetweenEffects, Comparison] | None:
    """Regress what a model misses of groups left out; judge by those left out of that, too.

    Parameters
    ----------
    engine : AutoEngine
        Without such effects. The groups are those of the factor with the most levels.
    outcome : Outcome
        The n training responses.

    Returns
    -------
    (BetweenEffects, Comparison) or None
        The comparison is over groups. None if there are too few, or no predictor varies in them.
    """
    rows, space = engine.rows, engine.model.space
    group, codes = space.largest, rows.codes(space.largest)
    n, n_groups = len(rows), space.n_levels.get(group, 0)
    if n_groups < FEWEST or not len(space.kept):
        return None
    columns = _varying(rows.X, space.kept, codes)
    if not len(columns):
        return None
    folds = tenths(codes)
    eta, variance = _left_out(engine, folds, group)
    design = _design(rows, columns)
    after = np.empty(n)
    for held, train in held_out_folds(folds):
        found = _regress(design[train], outcome.take(train), eta[train])
        after[held] = outcome.take(held).losses(eta[held] + design[held] @ found)
    # Rows of a group err together: the groups are what there are many of.
    plain, richer = (
        np.bincount(codes, losses, n_groups) * (n_groups / n)
        for losses in (outcome.losses(eta), after)
    )
    coefficients = _regress(design, outcome, eta)
    explained = np.mean((design @ coefficients) ** 2) / max(variance, np.finfo(float).tiny)
    left = float(np.clip(1.0 - explained, LEAST, 1.0))
    return BetweenEffects(group, columns, coefficients, left), Comparison.of(plain, richer)


def _design(rows: Rows, columns: Codes) -> Array:
    return np.column_stack([np.ones(len(rows)), rows.X[:, columns]])


def _varying(X: Array, kept: Codes, codes: Codes) -> Codes:
    """Return which of some columns vary within groups."""
    centred = X[:, kept] - X[:, kept].mean(axis=0)
    sums = np.stack([np.bincount(codes, column) for column in centred.T], 1)
    means = sums / np.maximum(np.bincount(codes), 1)[:, None]
    within = ((centred - means[codes]) ** 2).sum(axis=0)
    return kept[within > VARIES * np.maximum((centred**2).sum(axis=0), np.finfo(float).tiny)]


def _left_out(engine: AutoEngine, folds: Codes, group: str) -> tuple[Array, float]:
    """Return the linear predictors of rows by a model without their groups, shape (n,).

    And the mean variance of those groups' effects.
    """
    rows, eta, variance = engine.rows, np.empty(len(folds)), 0.0
    for held, train in held_out_folds(folds):
        part = engine.fitted_to(train)
        new = rows.take(held).as_new(group, rows.take(train))
        eta[held] = new.offset + part.effects(new, "all")
        variances = new_variances(part, new)
        variance += sum(float(each.sum()) for each in variances.values()) / len(folds)
    return eta, variance


def _regress(design: Array, outcome: Outcome, eta: Array) -> Array:
    """Return the coefficients of what is to be added to n linear predictors, shape (k + 1,)."""
    found = np.zeros(design.shape[1])
    steps = 1 if outcome.dispersion is None else STEPS
    for _ in range(steps):
        working, weights = outcome.working(eta + design @ found)
        target = working + outcome.offset - eta
        gram = (design * weights[:, None]).T @ design
        ridge = RIDGE * np.diag(np.diagonal(gram))
        found = np.linalg.solve(gram + ridge, (design * weights[:, None]).T @ target)
    return found
