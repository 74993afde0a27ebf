"""Responses that are those of groups: rows of one level repeat one number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tabmixnn.caller import warn_caller

from .conditions import GroupLevelResponseWarning
from .terms import Grouping

FIRST_ROWS = 4096
"""Rows that are looked at first: hardly any response needs more."""
BY_CHANCE = 1e-3
"""Largest probability that values fall together by level if the same values fall at random."""


def warn_of_group_level(y: np.ndarray, groupings: Sequence[Grouping]) -> None:
    """Warn of a response that does not vary within the levels of a grouping factor.

    Its rows then tell no more than one row a level would: a Gaussian residual variance tends to
    zero, tests take every row for an observation, and binary effects have no largest likelihood.
    Levels of one row say nothing of it, nor do a few repeated rows that are equal by chance.

    Parameters
    ----------
    y : ndarray of shape (n,) or (n, 2)
        The response, a Gaussian one less its offset. Successes and failures are not looked at.
    groupings : sequence of Grouping

    Warns
    -----
    GroupLevelResponseWarning
        Naming the factor, the one with the fewest levels if there are several.
    """
    if y.ndim > 1:
        return
    for grouping in sorted(groupings, key=lambda each: each.n_levels):
        if _varies(y[:FIRST_ROWS], grouping.codes[:FIRST_ROWS], grouping.n_levels):
            continue
        if _varies(y, grouping.codes, grouping.n_levels):
            continue
        if _chance(y, grouping.codes, grouping.n_levels) < BY_CHANCE:
            warn_caller(
                f"the response does not vary within '{grouping.group}': {len(y)} rows repeat the "
                f"numbers of {grouping.n_levels} levels, and tests that take them for "
                "observations mean nothing; aggregate to one row per level",
                GroupLevelResponseWarning,
            )
            return


def _varies(y: np.ndarray, codes: np.ndarray, n_levels: int) -> bool:
    """Whether some level has rows with different values."""
    last = np.empty(n_levels)
    last[codes] = y
    return bool((last[codes] != y).any())


def _chance(y: np.ndarray, codes: np.ndarray, n_levels: int) -> float:
    """Probability that no level varies if each row has one of the values at random."""
    shares = np.unique(y, return_counts=True)[1] / len(y)
    sizes, levels = np.unique(np.bincount(codes, minlength=n_levels), return_counts=True)
    repeated = sizes > 1
    with np.errstate(divide="ignore", under="ignore"):
        equal = [np.log((shares**size).sum()) for size in sizes[repeated]]
        return float(np.exp(levels[repeated] @ np.array(equal)))
