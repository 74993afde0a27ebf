"""Inner validation: how a model finds its number of rounds without the test rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def inner_folds(
    y: np.ndarray,
    *,
    binary: bool,
    folds: int,
    one_from: int,
    seed: int,
    groups: np.ndarray | None = None,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (training rows, validation rows) of each inner fold, as positions.

    A single fold of a small set says little: below `one_from` rows all folds are used, from
    there on only the first. Folds whose training rows hold one class are left out; where no others
    are left when whole groups are, folds are of rows.

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
    groups : numpy.ndarray, optional
        (n,) codes of groups that are validated on as a whole (`Adapter.left_out_groups`), in as
        many folds at most.
    """
    stratified = binary and np.bincount(y.astype(int), minlength=2).min() >= folds
    by_group = groups is not None and len(np.unique(groups)) > 1
    made = _splitter(stratified, by_group, folds, groups, seed)
    pairs = made.split(np.zeros((len(y), 1)), y, groups if by_group else None)
    usable = [pair for pair in pairs if not binary or np.ptp(y[pair[0]]) > 0]
    if by_group and not usable:
        yield from inner_folds(y, binary=binary, folds=folds, one_from=one_from, seed=seed)
    yield from usable[: 1 if len(y) >= one_from else None]


def _splitter(
    stratified: bool, by_group: bool, folds: int, groups: np.ndarray | None, seed: int
) -> object:
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
    )

    if by_group:
        folds = min(folds, len(np.unique(groups)))
    make = {
        (False, False): KFold,
        (True, False): StratifiedKFold,
        (False, True): GroupKFold,
        (True, True): StratifiedGroupKFold,
    }[stratified, by_group]
    return make(folds, shuffle=True, random_state=seed)
