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
        The estimates of n rows, shape (n,), not all of them zero, and their degrees of freedom.

    Returns
    -------
    ndarray, shape (n,)
        Between the least of the parts' degrees and their sum.
    """
    total, weighed = 0.0, 0.0
    for variance, degrees in parts:
        total = total + variance
        weighed = weighed + variance**2 / degrees
    return total**2 / weighed
