"""Rows with missing values: refused by name, or left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from tabmixnn.formula.errors import FormulaError, MissingValueError

WHEN_FITTING = "; fill them in, or leave these rows out with na_action='omit'"
WHEN_PREDICTING = ", and every row is predicted; fill them in, or leave these rows out of the data"


def keep_complete(
    columns: Mapping[str, pd.Series],
    n: int,
    na_action: str,
    *,
    beside: Mapping[str, ArrayLike] | None = None,
    advice: str = WHEN_FITTING,
) -> NDArray[np.int64] | None:
    """Return the positions of the rows without missing values.

    Parameters
    ----------
    columns : mapping of str to Series
        Those that the formula needs, n rows each.
    n : int
    na_action : {"raise", "omit"}
    beside : mapping of str to array, optional
        What else is needed of the n rows, each of shape (n,) or (n, k), by what it is called.
    advice : str
        What follows in the message.

    Returns
    -------
    ndarray of int64 or None
        None if every row is complete.

    Raises
    ------
    MissingValueError
        With ``"raise"``: naming the first variable with missing values, and how many there are.
    FormulaError
        If no row is left.
    """
    if n == 0:
        raise FormulaError("the data have no rows")
    incomplete = np.zeros(n, dtype=bool)
    for called, values in _variables(columns, beside or {}):
        missing = pd.isna(values)
        if not missing.any():
            continue
        if missing.ndim > 1:
            missing = missing.any(axis=1)
        if na_action == "raise":
            raise MissingValueError(f"{called} is missing in {missing.sum()} of {n} rows{advice}")
        incomplete |= missing
    if not incomplete.any():
        return None
    if incomplete.all():
        raise FormulaError("every row has a missing value in a variable that the model needs")
    return np.flatnonzero(~incomplete)


def _variables(
    columns: Mapping[str, pd.Series], beside: Mapping[str, ArrayLike]
) -> Iterator[tuple[str, Any]]:
    for name, column in columns.items():
        yield f"column {name!r}", column.array
    for called, values in beside.items():
        yield called, np.asarray(values)
