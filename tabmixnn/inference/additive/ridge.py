"""Ridge regressions without each of some folds, for a row of penalties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import held_out_folds

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

INTERCEPT = 1e-6
"""Share of the penalty that the intercept has."""


class Ridge:
    """Ridge regressions of n rows.

    Parameters
    ----------
    columns : ndarray, shape (n, k)
        Without an intercept.
    target, weights : ndarray, shape (n,)
    folds : ndarray, shape (n,)
    penalties : sequence of float
        Of a coefficient's square, as shares of the weights' sum.

    Attributes
    ----------
    left_out : ndarray, shape (n, n_penalties)
        Predictions of each row without its fold.
    errors : ndarray, shape (n_folds, n_penalties)
        Their weighted sums of squared errors by fold.
    """

    def __init__(
        self,
        columns: Array,
        target: Array,
        weights: Array,
        folds: Codes,
        penalties: Sequence[float],
    ) -> None:
        # An intercept of next to no penalty still has one: the mean is not to be part of it.
        self._mean = float(np.average(target, weights=weights))
        target = target - self._mean
        design = np.column_stack([np.ones(len(columns)), columns])
        weighted = design * weights[:, None]
        penalised = np.ones(design.shape[1])
        penalised[0] = INTERCEPT
        self._penalties = np.multiply.outer(np.array(penalties), np.diag(penalised))
        held_out = [held for held, _ in held_out_folds(folds)]
        grams = [weighted[held].T @ design[held] for held in held_out]
        sides = [weighted[held].T @ target[held] for held in held_out]
        self._gram, self._side = np.sum(grams, axis=0), np.sum(sides, axis=0)
        self.left_out = np.empty((len(target), len(penalties)))
        self.errors = np.empty((len(held_out), len(penalties)))
        for fold, held in enumerate(held_out):
            rest = self._gram - grams[fold], self._side - sides[fold]
            self.left_out[held] = design[held] @ self._solve(*rest, self._penalties).T
            missed = target[held][:, None] - self.left_out[held]
            self.errors[fold] = weights[held] @ missed**2
        self.left_out += self._mean

    def _solve(self, gram: Array, side: Array, penalties: Array) -> Array:
        """Return coefficients for each penalty, shape (n_penalties, 1 + k)."""
        return np.linalg.solve(gram + gram[0, 0] * penalties, side[:, None])[..., 0]

    def coefficients(self, penalty: int) -> Array:
        """Return the intercept and the k coefficients of all rows for one of the penalties."""
        found = self._solve(self._gram, self._side, self._penalties[penalty : penalty + 1])[0]
        found[0] += self._mean
        return found
