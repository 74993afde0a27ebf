"""Regressions of an outcome on the predictors alone, as strong as left-out folds want them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import held_out_folds
from tabmixnn.inference.additive.kernel import LENGTHS, Kernel, coordinates
from tabmixnn.inference.additive.ridge import Ridge
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.table import LEARNED
from tabmixnn.inference.additive.variables import Variables

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

RIDGES = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0, 1e4)
"""Penalties that there are to choose from, for lines and curves, which have mean squares of one;
the strongest leaves next to nothing but the mean."""
KERNEL_RIDGES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 1.0)
"""Likewise of a kernel's features, whose squares add up to one."""
MOST_KERNEL_ROWS = 200_000
"""Rows up to which there are kernels: their features of all rows are held at once."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Lines, coarse curves and levels of the predictors, standardised.

    Attributes
    ----------
    centre, spread : ndarray, shape (k,)
        Means and deviations of the training rows' columns.
    """

    centre: Array
    spread: Array

    penalties = RIDGES

    @classmethod
    def fit(cls, rows: Rows, variables: Variables) -> Curves:
        """Learn from the training rows."""
        columns = _columns(rows, variables)
        spread = columns.std(axis=0)
        return cls(columns.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def __call__(self, rows: Rows, variables: Variables) -> Array:
        """Return the columns of n rows, shape (n, k)."""
        return (_columns(rows, variables) - self.centre) / self.spread

    def state(self) -> dict[str, Any]:
        """Return what a model file needs."""
        return vars(self)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Curves:
        """Return what was saved."""
        return cls(**state)


@dataclass(frozen=True, eq=False)
class Surface:
    """Functions of all predictors together.

    Attributes
    ----------
    kernel : Kernel
    """

    kernel: Kernel

    penalties = KERNEL_RIDGES

    def __call__(self, rows: Rows, variables: Variables) -> Array:
        """Return the kernel's features of n rows, shape (n, r)."""
        return self.kernel(coordinates(rows, variables))

    def state(self) -> dict[str, Any]:
        """Return what a model file needs."""
        return vars(self.kernel)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Surface:
        """Return what was saved."""
        return cls(Kernel(**state))


COLUMNS: dict[str, type[Curves] | type[Surface]] = {
    kind.__name__: kind for kind in (Curves, Surface)
}
"""Every kind by the name that model files have it under."""


class PopulationRegression:
    """Regressions on several sets of columns; those and the penalty are what left-out folds like.

    Parameters
    ----------
    rows : Rows
        The n training rows.
    variables : Variables
    target, weights : ndarray, shape (n,)
    folds : ndarray, shape (n,)
    """

    def __init__(
        self, rows: Rows, variables: Variables, target: Array, weights: Array, folds: Codes
    ) -> None:
        self.folds = folds
        self.columns: list[Curves | Surface] = [Curves.fit(rows, variables)]
        if len(rows) <= MOST_KERNEL_ROWS:
            points = coordinates(rows, variables)
            self.columns += [Surface(Kernel.fit(points, length)) for length in LENGTHS]
        self.ridges = [
            Ridge(each(rows, variables), target, weights, folds, each.penalties)
            for each in self.columns
        ]
        self.errors = np.hstack([each.errors for each in self.ridges])

    def left_out(self) -> Array:
        """Return predictions of each fold, by what the other folds like best, shape (n,).

        The regressions that predict the fold have not seen it. Those that the other folds judge
        have: of the fold's outcomes as little comes in as choosing one of some tens can tell.
        """
        every = np.hstack([each.left_out for each in self.ridges])
        total, predicted = self.errors.sum(axis=0), np.empty(len(every))
        for fold, (held, _) in enumerate(held_out_folds(self.folds)):
            predicted[held] = every[held, (total - self.errors[fold]).argmin()]
        return predicted

    def final(self) -> tuple[Curves | Surface, Array]:
        """Return what all folds like best and the coefficients of all rows."""
        every = [
            (columns, ridge, penalty)
            for columns, ridge in zip(self.columns, self.ridges, strict=True)
            for penalty in range(len(columns.penalties))
        ]
        columns, ridge, penalty = every[int(self.errors.sum(axis=0).argmin())]
        return columns, ridge.coefficients(penalty)


def _columns(rows: Rows, variables: Variables) -> Array:
    """Return lines, coarse curves and levels of n rows' predictors, shape (n, k).

    What networks make of the predictors is none of them: the networks have seen the groups.
    """
    numeric = [variables.fenced(rows.table, name) for name in variables.numeric if name != LEARNED]
    categorical = [variables.levels(rows.table, name) for name in variables.small(LEARNED)]
    return np.hstack([np.zeros((len(rows), 0)), *numeric, *categorical])
