"""Models of the same rows at given variances, compared by rows that none was fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.crossval import Comparison, compare
from tabmixnn.inference.additive.fit import AdditiveFit, fit_additive
from tabmixnn.inference.additive.matrices import Matrices
from tabmixnn.inference.additive.outcome import Outcome

Array = NDArray[np.float64]
Codes = NDArray[np.int64]
Choice = TypeVar("Choice")


@dataclass(frozen=True, eq=False)
class Variant:
    """What decides a model's effects.

    Attributes
    ----------
    matrices : Matrices
        Of the n training rows.
    outcome : Outcome
        Their responses as the model takes them.
    x : ndarray
        Parameters.
    """

    matrices: Matrices
    outcome: Outcome
    x: Array

    def fit(self, steps: int | None = 0) -> AdditiveFit:
        """Return the model's effects, by default at its parameters; see `fit_additive`.

        They start from the responses, not from another fit: where outcomes are separated, so are
        its linear predictors, and no step leads away from there.
        """
        return fit_additive(self.matrices, self.outcome, self.x, self.outcome.start(), steps=steps)

    def losses(self, train: Codes, held_out: Codes) -> Array:
        """Return the losses of rows held out, by effects that others tell."""
        rest = self.outcome.take(held_out)
        fit = replace(
            self, matrices=self.matrices.take(train), outcome=self.outcome.take(train)
        ).fit()
        return rest.losses(fit.predict(self.matrices.take(held_out)) + rest.offset)


def compared(
    folds: Sequence[Codes], plain: Variant, others: Iterator[tuple[Choice, Variant]]
) -> Iterator[tuple[Choice, Comparison]]:
    """Yield how each of some variants compares with a plain one, which is fitted once.

    Parameters
    ----------
    folds : sequence of ndarray, shape (n,)
        From `divisions`.
    plain : Variant
    others : iterator of (object, Variant)
        And what each is called.
    """
    known: dict[bytes, Array] = {}

    def before(train: Codes, held_out: Codes) -> Array:
        key = held_out.tobytes()
        if key not in known:
            known[key] = plain.losses(train, held_out)
        return known[key]

    for choice, other in others:

        def losses(train: Codes, held_out: Codes, other: Variant = other) -> tuple[Array, Array]:
            return before(train, held_out), other.losses(train, held_out)

        yield choice, compare(list(folds), losses)


def best_of(found: Iterator[tuple[Choice, Comparison]]) -> tuple[Choice, Comparison] | None:
    """Return the best of some variants, of those as good the first."""
    return min(found, key=lambda each: _finite(each[1].richer), default=None)


def _finite(loss: float) -> float:
    return loss if np.isfinite(loss) else np.inf


def until_worse(
    found: Iterator[tuple[Choice, Comparison]],
) -> tuple[Choice, Comparison] | None:
    """Return the best of a row of variants, looked at until one is worse than the one before."""
    best = None
    for each in found:
        if best is not None and not each[1].richer <= best[1].richer:
            break
        best = each
    return best
