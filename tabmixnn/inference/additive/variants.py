"""Two models with the same columns, compared by rows that neither was fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.fit import fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.outcome import Outcome

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Variant:
    """What decides a model's effects, given its columns.

    Attributes
    ----------
    outcome : Outcome
        The n training responses as the model takes them.
    x : ndarray
        Parameters, which stay what they are.
    eta : ndarray, shape (n,)
        Where the linear predictor starts.
    """

    outcome: Outcome
    x: Array
    eta: Array


@dataclass(frozen=True, eq=False)
class VariantLosses:
    """Losses of two variants' effects, fitted without the held-out rows; `crossval.compare` asks.

    Attributes
    ----------
    matrices : Matrices
        Of the n training rows.
    plain, richer : Variant
    """

    matrices: Matrices
    plain: Variant
    richer: Variant

    def __call__(self, train: Codes, held_out: Codes) -> tuple[Array, Array]:
        known, unknown = self.matrices.take(train), self.matrices.take(held_out)
        before, after = (
            self._losses(each, known, unknown, train, held_out)
            for each in (self.plain, self.richer)
        )
        return before, after

    def _losses(
        self, variant: Variant, known: Matrices, unknown: Matrices, train: Codes, held_out: Codes
    ) -> Array:
        outcome, eta = variant.outcome, variant.eta[train]
        fit = fit_additive(known, outcome.take(train), variant.x, eta, steps=0)
        rest = outcome.take(held_out)
        return rest.losses(fit.predict(unknown) + rest.offset)
