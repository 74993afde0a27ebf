"""Codes of classes."""

from __future__ import annotations

import numpy as np

from tabmixnn.caller import warn_caller
from tabmixnn.families.base import show_values


def check_codes(family: str, y: np.ndarray, n_classes: int | None) -> None:
    """Check that responses are codes of two classes or more, below `n_classes` if that is given.

    Otherwise a warning says which codes are taken for classes without being there, such as 0 of
    marks from 1 to 5.

    Raises
    ------
    ValueError
        Saying what was found.
    """
    values = np.unique(y)
    if (values < 0).any() or (values != np.round(values)).any():
        raise ValueError(
            f"The {family} family needs class codes 0, 1, 2, ...; found values such as "
            f"{show_values(values)}."
        )
    if len(values) < 2:
        raise ValueError(
            f"The {family} family needs two classes or more; all {y.size} responses are one class."
        )
    if n_classes is not None and values[-1] >= n_classes:
        raise ValueError(
            f"The response has class code {values[-1]:g}, but n_classes is {n_classes}."
        )
    absent = np.setdiff1d(np.arange(values[-1]), values)
    if n_classes is None and len(absent):
        warn_caller(
            f"The {family} family counts classes from 0 on, and {len(absent)} of those up to "
            f"{values[-1]:g} do not occur ({show_values(absent)}): they get probabilities, too. "
            "Make the column a Categorical (ordered, where classes have an order), or say that "
            "they are meant by n_classes.",
        )
