"""Reliability of probabilities: how often what was predicted happened."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.option_checks import share, whole


def reliability(
    happened: np.ndarray,
    probability: np.ndarray,
    trials: np.ndarray | None = None,
    *,
    bins: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Return how often an event happened where it was predicted with about the same probability.

    Parameters
    ----------
    happened : ndarray of bool or float, shape (n,)
        Whether it did, or in which share of a row's trials.
    probability : ndarray, shape (n,)
    trials : ndarray, shape (n,), optional
        How often it could have happened; once by default.
    bins : int
        Bins with as equal numbers of rows as ties allow.
    level : float
        Coverage of Wilson's intervals.

    Returns
    -------
    DataFrame
        ``predicted`` (the mean), ``observed``, ``lower``, ``upper`` and ``n`` (trials), a row a
        bin.

    Raises
    ------
    ValueError
        If `bins` is no number of bins, or `level` not between 0 and 1.
    """
    whole("bins", bins, at_least=1)
    share("level", level)
    probability = np.asarray(probability, dtype=np.float64)
    member = _members(probability, bins)
    trials = np.ones(len(probability)) if trials is None else trials
    table = pd.DataFrame({"predicted": probability, "observed": np.asarray(happened, dtype=float)})
    n = pd.Series(trials).groupby(member).sum()
    found = table.mul(trials, axis=0).groupby(member).sum().div(n, axis=0)
    n = n if (n % 1).any() else n.astype(int)
    z = stats.norm.ppf(0.5 + level / 2)
    centre = (found["observed"] + z**2 / (2 * n)) / (1 + z**2 / n)
    spread = found["observed"] * (1 - found["observed"]) / n + z**2 / (4 * n**2)
    half = z * np.sqrt(spread) / (1 + z**2 / n)
    return found.assign(lower=centre - half, upper=centre + half, n=n).reset_index(drop=True)


def _members(probability: np.ndarray, bins: int) -> np.ndarray:
    """Return the bin of each of n rows: cuts are as near to n / bins rows apart as ties allow."""
    values, counts = np.unique(probability, return_counts=True)
    cuts = np.cumsum(counts)[:-1]
    wanted = np.arange(1, bins) * len(probability) / bins
    nearest = np.unique(np.searchsorted((cuts[1:] + cuts[:-1]) / 2, wanted))
    return np.searchsorted(values[nearest], probability)
