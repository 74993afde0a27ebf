"""Inner validation: how a model finds its number of rounds without the test rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def inner_folds(
    y: np.ndarray, *, binary: bool, folds: int, one_from: int, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (training rows, validation rows) of each inner fold, as positions.

    A single fold of a small set says little: below `one_from` rows all folds are used, from
    there on only the first.

    Parameters
    ----------
    y : numpy.ndarray
        (n,) target of the training rows; folds are stratified for classes.
    binary : bool
        Whether `y` holds classes.
    folds : int
        Number of folds; each holds ``n / folds`` validation rows.
    one_from : int
        Rows from which on one fold is enough.
    seed : int
        Decides the folds.
    """
    from sklearn.model_selection import KFold, StratifiedKFold

    few = binary and np.bincount(y.astype(int), minlength=2).min() < folds
    make = StratifiedKFold if binary and not few else KFold
    pairs = make(folds, shuffle=True, random_state=seed).split(np.zeros((len(y), 1)), y)
    for k, pair in enumerate(pairs):
        if k and len(y) >= one_from:
            return
        yield pair
