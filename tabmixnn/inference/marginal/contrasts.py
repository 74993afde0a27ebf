"""Tests of linear combinations of the fixed effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

from .conditions import DesignError


@dataclass
class ContrastTest:
    """A t test of one combination, or an F test of several at once.

    Attributes
    ----------
    estimate, se : ndarray of shape (r,)
        Combinations and their standard errors.
    numerator_df : int
        Rank of the combinations.
    df : float
        Denominator degrees of freedom.
    statistic : float
        ``t`` of a single combination, ``F`` of several.
    p_value : float
    """

    estimate: np.ndarray
    se: np.ndarray
    numerator_df: int
    df: float
    statistic: float
    p_value: float


def as_contrasts(L: np.ndarray, p: int) -> np.ndarray:
    """Combinations as rows ``(r, p)``.

    Raises
    ------
    DesignError
        The width is not the number of estimated fixed effects, or a row is redundant.
    """
    L = np.atleast_2d(np.asarray(L, dtype=float))
    if L.shape[1] != p:
        raise DesignError(f"contrasts have {L.shape[1]} columns, but {p} effects were estimated")
    if np.linalg.matrix_rank(L) < len(L):
        raise DesignError("the contrasts are linearly dependent; give independent rows")
    return L


def t_test(estimate: float, se: float, df: float) -> ContrastTest:
    """Two-sided t test."""
    statistic = estimate / se
    p_value = 2.0 * float(t_distribution.sf(abs(statistic), df))
    return ContrastTest(np.array([estimate]), np.array([se]), 1, df, statistic, p_value)


def f_test(estimate: np.ndarray, se: np.ndarray, statistic: float, df: float) -> ContrastTest:
    """F test with ``len(estimate)`` numerator degrees of freedom."""
    rank = len(estimate)
    p_value = float(f_distribution.sf(statistic, rank, df))
    return ContrastTest(estimate, se, rank, df, statistic, p_value)
