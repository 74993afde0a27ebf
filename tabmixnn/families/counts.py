"""What families of counts share."""

from __future__ import annotations

import numpy as np

from tabmixnn.families.base import check_that


def check_counts(family: str, y: np.ndarray) -> None:
    """Raise ValueError unless responses are whole numbers from zero on, and not all zero."""
    check_that(family, y, (y >= 0) & (y == np.round(y)), "counts 0, 1, 2, ...")
    if not y.any():
        raise ValueError(
            f"A {family} model needs counts above zero; the response is constant: all {y.size} "
            "values are 0."
        )


def log_mean(y: np.ndarray) -> np.ndarray:
    """Return the logarithm of the mean response, shape (1,), where a log link starts."""
    return np.log([y.mean()])
