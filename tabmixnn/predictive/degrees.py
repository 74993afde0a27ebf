"""Degrees of freedom of a variance that is a sum of estimates (Welch 1947; Satterthwaite 1946)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def summed_degrees(parts: Iterable[tuple[Array, float]]) -> Array:
    """Return the degrees of freedom of sums of independent estimates of variances.

    Parameters
    ----------
    parts : iterable of (ndarray, float)
        The estimates of n rows, shape (n,), and their degrees of freedom.

    Returns
    -------
    ndarray, shape (n,)
        Between the least of the parts' degrees and their sum; infinite where all are zero.
    """
    total, weighed = np.zeros(()), np.zeros(())
    for variance, degrees in parts:
        total = total + variance
        weighed = weighed + variance**2 / degrees
    return np.divide(total**2, weighed, out=np.full_like(total, np.inf), where=total > 0)
