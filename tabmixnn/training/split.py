"""Which of the training rows are set aside for validation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def validation_split(
    n_rows: int, fraction: float, keep: Sequence[np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Split rows at random such that every group keeps a row to train on.

    Parameters
    ----------
    n_rows : int
        Number n of rows.
    fraction : float
        Share of rows wanted for validation.
    keep : sequence of ndarray, each (n,)
        Codes of groups, categories or classes. One random row of every distinct code is never
        set aside, so fewer rows than wanted may be, down to none on the smallest data.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    train, valid : ndarray of int64
        Row numbers, sorted.
    """
    wanted = int(fraction * n_rows)
    if not wanted:
        return np.arange(n_rows), np.arange(0)
    order = rng.permutation(n_rows)
    movable = np.ones(n_rows, dtype=bool)
    for codes in keep:
        _, first = np.unique(codes[order], return_index=True)
        movable[order[first]] = False
    candidates = order[movable[order]]
    valid = np.sort(candidates[:wanted])
    train = np.setdiff1d(np.arange(n_rows), valid, assume_unique=True)
    return train, valid
