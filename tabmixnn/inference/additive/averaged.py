"""What predictors tell of a group that the model has not seen.

A mixed model expects nothing of a new group's effects, whatever its predictors are. Where groups
differ in a predictor, though, it often goes with the effects: its slope between groups is not its
slope within them (Mundlak 1978; Bell and Jones 2015), and what predicts best given a group's
effects can go astray without them. The population's average given the predictors, which no effects
enter, is another model (Zeger, Liang and Albert 1988): here a ridge regression on lines and curves
of the predictors, as strong as groups left out as a whole want it. Groups left out of everything
say how much of each model a new group's rows get (stacking, Breiman 1996), and whether it helps.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, held_out_folds, tenths
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.predictive import new_variances
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import LEARNED
from tabmixnn.inference.additive.variables import MOST_LEVELS, Variables

if TYPE_CHECKING:
    from tabmixnn.inference.additive.engine import AutoEngine

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST = 10
"""Groups from which on those left out can tell."""
RIDGES = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1e4)
"""Penalties of a coefficient's square that there are to choose from, for columns with mean squares
of one and as shares of the weights' sum; the strongest leaves the mean alone."""
INTERCEPT = 1e-6
"""Share of the penalty that the intercept has."""
LEAST = 0.1
"""Share of the variance of new groups' effects that is left, at least."""


@dataclass(frozen=True, eq=False)
class PopulationAverage:
    """Linear predictors for the rows of new groups, and how much they count.

    Attributes
    ----------
    group : str
        The grouping factor.
    centre, spread : ndarray, shape (k,)
        Means and deviations of the training rows' columns.
    coefficients : ndarray, shape (k + 1,)
        An intercept and those of the columns.
    share : float
        How much of it a row of a new group gets, the rest is the model's own; 0 to 1.
    left : float
        Share of the variance of a new group's effects that it does not explain.
    """

    group: str
    centre: Array
    spread: Array
    coefficients: Array
    share: float
    left: float

    def shift(self, rows: Rows, variables: Variables, effects: Array) -> Array:
        """Return what is added to the linear predictors of n rows; zero for known groups.

        Parameters
        ----------
        rows : Rows
        variables : Variables
        effects : ndarray, shape (n,)
            Their linear predictors less the offset.
        """
        is_new = rows.codes(self.group) < 0
        standardised = (_columns(rows, variables) - self.centre) / self.spread
        average = self.coefficients[0] + standardised @ self.coefficients[1:]
        return np.where(is_new, self.share * (average - effects), 0.0)


def find_average(
    engine: AutoEngine, outcome: Outcome
) -> tuple[PopulationAverage, Comparison] | None:
    """Estimate the population's average; judge it by groups left out of that, too.

    Parameters
    ----------
    engine : AutoEngine
        Without one. The groups are those of the factor with the most levels.
    outcome : Outcome
        The n training responses.

    Returns
    -------
    (PopulationAverage, Comparison) or None
        The comparison is over groups. None if there are too few, or no predictors.
    """
    rows, space = engine.rows, engine.model.space
    group, codes = space.largest, rows.codes(space.largest)
    n, n_groups = len(rows), space.n_levels.get(group, 0)
    columns = _columns(rows, space.variables)
    if n_groups < FEWEST or not columns.shape[1]:
        return None
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(n), (columns - centre) / spread])
    folds = tenths(codes)
    eta, variance = _left_out(engine, folds, group)
    target, weights = outcome.working(eta)
    ridge = _Ridge(design, target, weights, folds)
    away = ridge.left_out() - (eta - outcome.offset)
    missed = target + outcome.offset - eta
    step = np.empty(n)
    for held, train in held_out_folds(folds):
        step[held] = _share(away[train], missed[train], weights[train]) * away[held]
    # Rows of a group err together: the groups are what there are many of.
    plain, richer = (
        np.bincount(codes, outcome.losses(each), n_groups) * (n_groups / n)
        for each in (eta, eta + step)
    )
    explained = np.average(missed**2 - (missed - step) ** 2, weights=weights)
    left = float(np.clip(1.0 - explained / max(variance, np.finfo(float).tiny), LEAST, 1.0))
    share = _share(away, missed, weights)
    average = PopulationAverage(group, centre, spread, ridge.coefficients(), share, left)
    return average, Comparison.of(plain, richer)


def _columns(rows: Rows, variables: Variables) -> Array:
    """Return lines, coarse curves and levels of n rows' predictors, shape (n, k).

    What networks make of the predictors is none of them: the networks have seen the groups.
    """
    numeric = [
        each.fenced(variables.number(rows.table, name))
        for name, each in variables.numeric.items()
        if name != LEARNED
    ]
    categorical = [
        variables.levels(rows.table, name)
        for name, each in variables.categorical.items()
        if name != LEARNED and len(each.levels) <= MOST_LEVELS
    ]
    return np.hstack([np.zeros((len(rows), 0)), *numeric, *categorical])


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


def _share(away: Array, missed: Array, weights: Array) -> float:
    """Return how far to go, 0 to 1, on n ways from one predictor to another."""
    length = float(np.sum(weights * away**2))
    return float(np.clip(np.sum(weights * away * missed) / length, 0.0, 1.0)) if length else 0.0


class _Ridge:
    """Ridge regressions without some of the folds, each with the penalty that the others choose.

    Parameters
    ----------
    design : ndarray, shape (n, k)
        An intercept and standardised columns.
    target, weights : ndarray, shape (n,)
    folds : ndarray, shape (n,)
    """

    def __init__(self, design: Array, target: Array, weights: Array, folds: Codes) -> None:
        self.design, self.target, self.weights = design, target, weights
        self.rows = [held for held, _ in held_out_folds(folds)]
        weighted = design * weights[:, None]
        self.grams = np.stack([weighted[held].T @ design[held] for held in self.rows])
        self.sides = np.stack([weighted[held].T @ target[held] for held in self.rows])
        penalised = np.ones(design.shape[1])
        penalised[0] = INTERCEPT
        self.penalties = np.multiply.outer(np.array(RIDGES), np.diag(penalised))

    def _path(self, out: Collection[int]) -> Array:
        """Return the coefficients for each penalty without some folds, (n_penalties, k)."""
        kept = [fold for fold in range(len(self.rows)) if fold not in out]
        gram, side = self.grams[kept].sum(axis=0), self.sides[kept].sum(axis=0)
        return np.linalg.solve(gram + gram[0, 0] * self.penalties, side[:, None])[..., 0]

    def _best(self, out: Collection[int]) -> int:
        """Return the penalty with the least squared errors of each fold but some."""
        errors = np.zeros(len(RIDGES))
        for fold, held in enumerate(self.rows):
            if fold not in out:
                found = self.design[held] @ self._path({*out, fold}).T
                errors += self.weights[held] @ (self.target[held][:, None] - found) ** 2
        return int(errors.argmin())

    def left_out(self) -> Array:
        """Return predictions of each fold by all others, shape (n,)."""
        predicted = np.empty(len(self.target))
        for fold, held in enumerate(self.rows):
            predicted[held] = self.design[held] @ self._path({fold})[self._best({fold})]
        return predicted

    def coefficients(self) -> Array:
        """Return the coefficients of all rows, shape (k,)."""
        return self._path(())[self._best(())]
