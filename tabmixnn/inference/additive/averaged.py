"""What predictors tell of a group that the model has not seen.

A mixed model expects nothing of a new group's effects, whatever its predictors are. Where groups
differ in a predictor, though, it often goes with the effects: its slope between groups is not its
slope within them (Mundlak 1978; Bell and Jones 2015), and what predicts best given a group's
effects can go astray without them. The population's average given the predictors, which no effects
enter, is another model (Zeger, Liang and Albert 1988): here a ridge regression on lines and curves
of the predictors, or on smooth functions of all of them together, whichever predicts groups left
out as a whole better. Groups left out of everything say how much of each model a new group's rows
get (stacking, Breiman 1996), and whether it helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, fewest_trained, held_out_folds, tenths
from tabmixnn.inference.additive.kernel import coordinates
from tabmixnn.inference.additive.outcome import Outcome
from tabmixnn.inference.additive.population import (
    COLUMNS,
    Curves,
    PopulationRegression,
    Surface,
)
from tabmixnn.inference.additive.predictive import new_variances
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.variables import Variables
from tabmixnn.inference.exact.new_groups import is_at_bounds

if TYPE_CHECKING:
    from tabmixnn.inference.additive.grown import GrownModel

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FEWEST = 10
"""Groups from which on those left out can tell."""
LEAST = 0.1
"""Share of the variance of new groups' effects that is left, at least."""


@dataclass(frozen=True, eq=False)
class PopulationAverage:
    """Linear predictors for the rows of new groups, and how much they count.

    Attributes
    ----------
    group : str
        The grouping factor.
    columns : Curves or Surface
        What the regression is on: k columns.
    coefficients : ndarray, shape (k + 1,)
        An intercept and those of the columns.
    share : float
        How much of it a row of a new group gets, the rest is the model's own; 0 to 1.
    left : float
        Share of the variance of a new group's effects that it does not explain.
    """

    group: str
    columns: Curves | Surface
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
        average = self.coefficients[0] + self.columns(rows, variables) @ self.coefficients[1:]
        return np.where(is_new, self.share * (average - effects), 0.0)

    def state(self) -> dict[str, Any]:
        """Return what a model file needs."""
        return {**vars(self), "columns": [type(self.columns).__name__, self.columns.state()]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> PopulationAverage:
        """Return what was saved."""
        kind, columns = state["columns"]
        return cls(**{**state, "columns": COLUMNS[kind].from_state(columns)})


def find_average(
    grown: GrownModel, outcome: Outcome
) -> tuple[PopulationAverage, Comparison] | None:
    """Estimate the population's average; judge it by groups left out of that, too.

    Parameters
    ----------
    grown : GrownModel
        Without one. The groups are those of the factor with the most levels.
    outcome : Outcome
        The n training responses.

    Returns
    -------
    (PopulationAverage, Comparison) or None
        The comparison is over groups. None if there are too few, or no predictors, or too few rows
        of the other groups for the fixed effects, or if linear predictors have no bounds: where
        the outcome is separated.
    """
    rows, space = grown.rows, grown.model.space
    group, codes = space.largest, rows.codes(space.largest)
    n, n_groups = len(rows), space.n_levels.get(group, 0)
    if n_groups < FEWEST or not coordinates(rows, space.variables).shape[1]:
        return None
    folds = tenths(codes)
    if fewest_trained(folds) <= grown.additive.matrices.p:
        return None
    eta, variance = _left_out(grown, folds, group)
    target, weights = outcome.working(eta)
    is_bounded = grown.is_linear or not is_at_bounds(grown.family, eta).any()
    if not is_bounded or not np.isfinite(target).all():
        return None
    chosen = PopulationRegression(rows, space.variables, target, weights, folds)
    away = chosen.left_out() - (eta - outcome.offset)
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
    average = PopulationAverage(group, *chosen.final(), share, left)
    return average, Comparison.of(plain, richer)


def _left_out(grown: GrownModel, folds: Codes, group: str) -> tuple[Array, float]:
    """Return the linear predictors of rows by a model without their groups, shape (n,).

    And the mean variance of those groups' effects.
    """
    rows, eta, variance = grown.rows, np.empty(len(folds)), 0.0
    for held, train in held_out_folds(folds):
        part = grown.fitted_to(train)
        new = rows.take(held).as_new(group, rows.take(train))
        eta[held] = new.offset + part.effects(new, "all")
        variances = new_variances(part, new)
        variance += sum(float(each.sum()) for each in variances.values()) / len(folds)
    return eta, variance


def _share(away: Array, missed: Array, weights: Array) -> float:
    """Return how far to go, 0 to 1, on n ways from one predictor to another."""
    length = float(np.sum(weights * away**2))
    return float(np.clip(np.sum(weights * away * missed) / length, 0.0, 1.0)) if length else 0.0
