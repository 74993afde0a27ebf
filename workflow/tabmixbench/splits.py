"""Which rows are test rows: made once from a seed, used by every model.

Two protocols. ``rows_k``: random fifths of the rows, each drawn anew; the groups of the test rows
are known from training. ``groups_k``: whole groups of the main grouping factor are left out, each
group exactly once; its effects are unknown to every model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.streams import stream

TEST_SHARE = 0.2


def make_splits(
    data: pd.DataFrame, dataset: Dataset, seed: int, *, rows: int = 5, groups: int = 5
) -> pd.DataFrame:
    """Draw the splits of one dataset.

    Parameters
    ----------
    data : DataFrame of shape (n, ...)
        The prepared rows.
    dataset
        The entry of the registry.
    seed
        Decides everything; two datasets never share a stream.
    rows, groups
        Number of row splits, and of folds over groups. A factor with fewer groups than folds is
        left out one group at a time.

    Returns
    -------
    DataFrame of shape (n, n_splits)
        Booleans, True for a test row, in the order of `data`; columns ``rows_0``, ... and, where
        the dataset has groups, ``groups_0``, ...
    """
    classes = data[dataset.target].to_numpy() if dataset.task == "binary" else np.zeros(len(data))
    factors = [codes(data[column]) for column in (*dataset.groups, *dataset.categorical)]
    splits = {
        f"rows_{k}": row_split(classes, factors, stream(seed, dataset.rows_of, "rows", k))
        for k in range(rows)
    }
    if dataset.groups:
        fold = group_folds(factors[0], groups, stream(seed, dataset.rows_of, "groups"))
        splits |= {f"groups_{k}": fold == k for k in range(int(fold.max()) + 1)}
    return pd.DataFrame(splits)


def codes(column: pd.Series) -> np.ndarray:
    """Return 0, 1, ... for the levels that occur in a column; shape (n,)."""
    return pd.factorize(column)[0]


def row_split(
    classes: np.ndarray,
    factors: Sequence[np.ndarray],
    rng: np.random.Generator,
    share: float = TEST_SHARE,
) -> np.ndarray:
    """Draw one stratified split that keeps every level in training.

    Rows are visited in random order, and each becomes a test row if its class still wants one
    and all its levels keep at least one row in training. A level with a single row may go
    either way. Where the levels leave too few rows to choose from, the test set is smaller.

    Parameters
    ----------
    classes : ndarray of shape (n,)
        Class of each row; constant for a regression.
    factors : sequence of ndarrays of shape (n,)
        Codes of every factor whose levels training should know.
    rng
        Source of randomness.
    share
        Wanted share of test rows, overall and as nearly as possible within every class.

    Returns
    -------
    ndarray of bool, shape (n,)
        True for a test row.
    """
    stratum = np.unique(classes, return_inverse=True)[1]
    wanted = quotas(np.bincount(stratum), share)
    stratum_of = stratum.tolist()
    levels = [factor.tolist() for factor in factors]
    # Rows that each level may still give away; a level of a single row may give that one.
    spare = [
        np.where(count == 1, 1, count - 1).tolist() for count in (np.bincount(f) for f in factors)
    ]
    test = np.zeros(len(classes), dtype=bool)
    for row in rng.permutation(len(classes)).tolist():
        if wanted[stratum_of[row]] == 0:
            continue
        if all(left[level[row]] for left, level in zip(spare, levels, strict=True)):
            test[row] = True
            wanted[stratum_of[row]] -= 1
            for left, level in zip(spare, levels, strict=True):
                left[level[row]] -= 1
    return test


def quotas(counts: np.ndarray, share: float) -> list[int]:
    """Split ``round(share * n)`` test rows over classes in proportion, by largest remainder.

    Parameters
    ----------
    counts : ndarray of int, shape (n_classes,)
        Rows of each class.
    share
        Share of test rows.
    """
    exact = counts * share
    quota = np.floor(exact).astype(int)
    left = round(float(counts.sum()) * share) - int(quota.sum())
    quota[np.argsort(quota - exact, kind="stable")[:left]] += 1
    return quota.tolist()


def group_folds(groups: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Deal whole groups to folds, in random order, each to the fold with the fewest rows so far.

    Parameters
    ----------
    groups : ndarray of int, shape (n,)
        Group of each row.
    folds
        Wanted number of folds; no more than there are groups are made.
    rng
        Source of randomness.

    Returns
    -------
    ndarray of int, shape (n,)
        The fold in which the row is a test row; -1 throughout when no fold is wanted.
    """
    size = np.bincount(groups)
    fold_of = np.full(size.size, -1)
    filled = np.zeros(min(folds, size.size), dtype=int)
    if filled.size:
        for group in rng.permutation(size.size):
            fold_of[group] = filled.argmin()
            filled[fold_of[group]] += size[group]
    return fold_of[groups]
