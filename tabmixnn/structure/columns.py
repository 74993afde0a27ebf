"""The columns a graph is learned on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def read_columns(data: Any) -> tuple[list[str], np.ndarray]:
    """Return names and values of numeric columns.

    Parameters
    ----------
    data : DataFrame or array, shape (n, d)

    Returns
    -------
    names : list of str
        ``x0``, ``x1``, ... for an array.
    columns : ndarray of float64, shape (n, d)

    Raises
    ------
    ValueError
        If a column is not numeric, misses values, is constant or is another one rescaled, or if
        there are fewer than 2 columns, or not more rows than columns.
    """
    if not isinstance(data, pd.DataFrame):
        array = np.asarray(data)
        if array.ndim != 2:
            raise ValueError(f"A graph is learned on a table of (n, d); got shape {array.shape}.")
        data = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
    names = [str(name) for name in data.columns]
    n, d = data.shape
    if d < 2 or n <= d:
        raise ValueError(
            f"A graph needs 2 columns or more, and more rows than columns; got {n} rows and {d} "
            "columns."
        )
    for name, column in zip(names, (data.iloc[:, i] for i in range(d)), strict=True):
        _check_column(name, column)
    columns = data.to_numpy(np.float64)
    correlations = np.triu(np.abs(np.corrcoef(columns.T)), 1)
    first, second = np.unravel_index(correlations.argmax(), correlations.shape)
    if correlations[first, second] > 1 - 1e-12:
        raise ValueError(
            f"Columns {names[first]!r} and {names[second]!r} are the same up to units; leave one "
            "out."
        )
    return names, columns


def _check_column(name: str, column: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(
            f"Column {name!r} is not numeric ({column.dtype}); leave it out or code it as numbers."
        )
    values = column.to_numpy(np.float64, na_value=np.nan)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise ValueError(
            f"Column {name!r} is missing or infinite in {bad} of {len(values)} rows; leave those "
            "rows out."
        )
    if np.ptp(values) == 0:
        raise ValueError(f"Column {name!r} is constant ({values[0]:g}); leave it out.")
