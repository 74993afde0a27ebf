"""Rows with missing values: refused by name, or left out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError, MissingValueError


def keep_complete(
    columns: Mapping[str, pd.Series], n: int, na_action: str
) -> NDArray[np.int64] | None:
    """Return the positions of the rows without missing values.

    Parameters
    ----------
    columns : mapping of str to Series
        Those that the formula needs, n rows each.
    n : int
    na_action : {"raise", "omit"}

    Returns
    -------
    ndarray of int64 or None
        None if every row is complete.

    Raises
    ------
    MissingValueError
        With ``"raise"``: naming the first column with missing values, and how many there are.
    FormulaError
        If no row is left.
    """
    if n == 0:
        raise FormulaError("the data have no rows")
    incomplete = np.zeros(n, dtype=bool)
    for name, column in columns.items():
        missing = pd.isna(column.array)
        if not missing.any():
            continue
        if na_action == "raise":
            raise MissingValueError(
                f"column {name!r} is missing in {int(missing.sum())} of {n} rows; fill "
                f"them in, or leave these rows out with na_action='omit'"
            )
        incomplete |= missing
    if not incomplete.any():
        return None
    if incomplete.all():
        raise FormulaError("every row has a missing value in a column that the formula needs")
    return np.flatnonzero(~incomplete)
