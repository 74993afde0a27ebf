"""Checks of what users hand to an estimator, each with one clear sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd


def as_pandas(data: Any) -> Any:
    """Return a frame or series of another library, such as polars, as one of pandas.

    Everything else is returned unchanged.
    """
    if data is None or isinstance(data, pd.DataFrame | pd.Series | np.ndarray | list):
        return data
    import narwhals

    native = narwhals.from_native(data, eager_only=True, allow_series=True, pass_through=True)
    is_frame = isinstance(native, narwhals.DataFrame | narwhals.Series)
    return native.to_pandas() if is_frame else data


def in_doubles(data: Any) -> Any:
    """Return rows with half floats as doubles; pandas cannot group by halves, nor files hold them.

    Everything else is returned unchanged.
    """
    if isinstance(data, np.ndarray):
        return data.astype(np.float64) if data.dtype == np.float16 else data
    if not isinstance(data, pd.DataFrame):
        return data
    halves = [name for name, kind in data.dtypes.items() if kind == np.float16]
    return data.astype(dict.fromkeys(halves, np.float64)) if halves else data


def check_data_frame(data: Any) -> pd.DataFrame:
    """Return `data` if it is a DataFrame: a formula needs column names.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if not isinstance(data, pd.DataFrame):
        raise TypeError(
            "A model with a formula needs a pandas DataFrame (or one of polars and the like), so "
            "that its columns have names; "
            f"got {type(data).__name__}."
        )
    return data


def check_groups(blocks: Iterable[Any], n_rows: int, structured: Collection[str] = ()) -> None:
    """Check that every grouping factor really groups the n rows.

    Parameters
    ----------
    blocks : iterable of blocks
    n_rows : int
    structured : collection of str
        Groups whose levels have a covariance: it, not repetition, tells them from noise, so that
        every row may be a level of its own.

    Raises
    ------
    ValueError
        If a factor has one level only, or as many levels as there are rows.
    """
    for block in blocks:
        n_levels = len(block.levels)
        if n_levels == n_rows and block.group not in structured:
            raise ValueError(
                f"Group column {block.group!r} is all distinct: each of its {n_rows} values "
                "occurs once, so its effects cannot be told from noise. Drop the term or choose "
                "a coarser group."
            )
        if n_levels < 2:
            raise ValueError(
                f"Group column {block.group!r} has a single level {str(block.levels[0])!r}; a "
                "random effect needs two or more. Drop the term."
            )


def check_table(X: Any) -> None:
    """Check that features without a formula can be a table.

    Raises
    ------
    TypeError
        If they are a number, a dict or the like, None, or a sparse matrix.
    ValueError
        If they are a data frame without columns, with two of one name, or with names of several
        levels.
    """
    if hasattr(X, "tocsr"):
        raise TypeError(
            f"X is a sparse matrix ({type(X).__name__}), and the model reads dense tables: pass "
            "X.toarray(), of fewer columns where that does not fit into memory."
        )
    if X is None or isinstance(X, Number | str | bytes | Mapping | Set):
        raise TypeError(
            f"X must be a data frame or an array of n rows and p columns; got {type(X).__name__}."
        )
    if isinstance(X, pd.DataFrame):
        if not X.shape[1]:
            raise ValueError("X has no columns; a model without a formula needs one or more.")
        if not X.columns.is_unique:
            twice = X.columns[X.columns.duplicated()][0]
            raise ValueError(f"X has more than one column {twice!r}; rename them.")
        several = [name for name in X.columns if isinstance(name, tuple)]
        if several:
            raise ValueError(
                f"X has columns whose names are tuples, such as {several[0]!r}; name each by one "
                "text, such as by X.columns.map(str)."
            )
