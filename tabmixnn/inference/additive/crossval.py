"""Is the richer model better? Decided by rows that neither model has seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Codes = NDArray[np.int64]

FOLDS = ((200, 10, 2), (1_000, 5, 2), (3_000, 5, 1), (20_000, 3, 1))
"""Number of rows, and up to it the number of folds and of divisions into folds."""
BEYOND = (2, 1)
"""Folds and divisions with more rows."""
TENTHS, SEED = 10, 0
"""Folds for calibration, and the seed of theirs."""
FARTHEST = 1e3
"""Times the others' root sum of squares that one row's gain counts at most: without digits left
for the others, rounding would decide."""
ROUNDING = 1e-12
"""Standard errors below this share of the losses are those of models that say the same."""
SUPPORTED = 1.0
"""A gain of this many standard errors speaks for networks, which nothing else asked for."""
CLEAR = 2.0
"""A gain of this many standard errors speaks for what changes all that terms say: weights of rows,
or smaller variances than the likelihood's."""
CONTRADICTED = -1.0
"""A loss of this many standard errors speaks against terms that the likelihood asked for."""


@dataclass(frozen=True)
class Comparison:
    """Two models' losses on the same held-out rows.

    Attributes
    ----------
    plain, richer : float
        Mean loss a row.
    t : float
        Mean gain of the richer model over its standard error; 0 if both models say the same,
        infinite where one of them has losses that are not finite and the other has not.
    """

    plain: float
    richer: float
    t: float

    @classmethod
    def of(cls, plain: Array, richer: Array) -> Comparison:
        """Compare two models' losses of n rows."""
        return cls(float(plain.mean()), float(richer.mean()), _t(plain, richer))

    @property
    def is_support(self) -> bool:
        """Whether held-out rows speak for the richer model."""
        return self.t > SUPPORTED

    @property
    def is_clear(self) -> bool:
        """Whether held-out rows speak clearly for the richer model."""
        return self.t > CLEAR

    @property
    def is_contradiction(self) -> bool:
        """Whether held-out rows speak against the richer model."""
        return self.t < CONTRADICTED


def _t(plain: Array, richer: Array) -> float:
    """Return the mean of n gains over its standard error."""
    lost = [not np.isfinite(losses).all() for losses in (plain, richer)]
    if any(lost):
        return np.inf * (lost[0] - lost[1]) if lost[0] != lost[1] else 0.0
    gain = plain - richer
    most = np.abs(gain).argmax()
    rest = np.delete(gain, most)
    limit = FARTHEST * np.sqrt(rest @ rest)
    gain[most] = np.clip(gain[most], -limit, limit)
    error = gain.std(ddof=1) / np.sqrt(len(gain))
    return float(gain.mean() / error) if error > ROUNDING * np.abs(plain).mean() else 0.0


def tenths(codes: Codes) -> Codes:
    """Return a fold of ten for each row, the same for rows of one code, at random."""
    levels, position = np.unique(codes, return_inverse=True)
    order = np.random.default_rng(SEED).permutation(len(levels))
    return order[position] % min(TENTHS, len(levels))


def held_out_folds(folds: Codes) -> Iterator[tuple[Codes, Codes]]:
    """Yield the rows that each fold holds out, and the others.

    Parameters
    ----------
    folds : ndarray, shape (n,)
        The fold of every row.
    """
    for fold in np.unique(folds):
        yield np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)


def divisions(codes: Codes, rng: np.random.Generator) -> list[Codes]:
    """Return the fold of each of n rows, for each division into folds.

    The folds spread evenly over the rows of every group: one of two rows or more is never held
    out as a whole. Few rows are divided several times, since one division decides by chance.

    Parameters
    ----------
    codes : ndarray, shape (n,)
        Groups.
    rng : Generator
    """
    n = len(codes)
    folds, times = next((how for most, *how in FOLDS if n <= most), BEYOND)
    out = []
    for _ in range(times):
        order = rng.permutation(n)
        order = order[np.argsort(codes[order], kind="stable")]
        numbers = np.empty(n, dtype=np.int64)
        numbers[order] = np.arange(n) % folds
        out.append(numbers)
    return out


def fewest_trained(numbers: Codes) -> int:
    """Return how many rows there are to train on where the largest fold is held out."""
    return len(numbers) - int(np.bincount(numbers).max())


def compare(
    divided: list[Codes], losses: Callable[[Codes, Codes], tuple[Array, Array]]
) -> Comparison:
    """Average two models' losses of each row over the divisions, and pool them.

    Parameters
    ----------
    divided : list of ndarray, shape (n,)
        From `divisions`.
    losses : callable
        Takes the rows to train on and those held out, and returns both models' losses of the
        latter.
    """
    n = len(divided[0])
    plain, richer = np.zeros(n), np.zeros(n)
    for numbers in divided:
        for held_out, train in held_out_folds(numbers):
            before, after = losses(train, held_out)
            plain[held_out] += before / len(divided)
            richer[held_out] += after / len(divided)
    return Comparison.of(plain, richer)
