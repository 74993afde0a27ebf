"""Columns of a data frame as numbers or as levels, with R's names and order of levels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError, MissingColumnError, MissingValueError, suggest
from tabmixnn.formula.levels import level_name, level_values, place_of
from tabmixnn.formula.many_levels import ManyLevels

FEW_ROWS = 16
SHOWN = 6
"""Columns that a message names."""
TIMES = ("date", "datetime", "period")
"""What pandas infers of objects that are points in time."""
LOGICAL_VALUES = {
    0: False,
    1: True,
    **dict.fromkeys(("FALSE", "False", "false", "F"), False),
    **dict.fromkeys(("TRUE", "True", "true", "T"), True),
}


def check_columns(data: pd.DataFrame, names: Iterable[str]) -> None:
    """Check that `data` has each of the columns once.

    Raises
    ------
    TypeError
        If `data` is not a DataFrame.
    MissingColumnError
        Naming the column that is absent and the one nearest to it.
    FormulaError
        If two columns have the same name.
    """
    if not isinstance(data, pd.DataFrame):
        raise TypeError(f"data must be a pandas DataFrame, not {type(data).__name__}")
    present = data.columns
    for name in names:
        if name not in present:
            unnamed = [each for each in present if not isinstance(each, str) and str(each) == name]
            if unnamed:
                raise MissingColumnError(
                    f"the data have no column {name!r}, but {unnamed[0]!r}, which is no string; "
                    "rename it"
                )
            hint = suggest(name, present) or f" They have {_some(present)}."
            raise MissingColumnError(f"the data have no column {name!r}.{hint}")
        if not isinstance(present.get_loc(name), int):
            raise FormulaError(f"the data have more than one column {name!r}; rename them")


def _some(columns: pd.Index) -> str:
    """Return the first of some names of columns, and how many others there are."""
    shown = ", ".join(repr(each) for each in columns[:SHOWN].tolist()) or "none"
    more = len(columns) - SHOWN
    return shown if more <= 0 else f"{shown} and {more} more"


def plain(series: pd.Series, name: str) -> pd.Series:
    """Return a column of Python objects or of Arrow in the type its values have; others unchanged.

    Raises
    ------
    FormulaError
        For durations and for columns of mixed types.
    """
    series = _from_arrow(series)
    kind = series.dtype.kind
    if kind in "biufM" or isinstance(series.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return series
    if kind in "mc":
        raise FormulaError(
            f"column {name!r} has the type {series.dtype}; turn it into a number or a string"
        )
    inferred = pd.api.types.infer_dtype(series, skipna=True)
    if inferred in ("string", *TIMES):
        return series
    if inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal"):
        if inferred == "boolean":
            return series.astype("boolean") if series.isna().any() else series.astype(bool)
        return pd.to_numeric(series)
    raise FormulaError(
        f"column {name!r} holds values of the type {inferred!r}; turn it into numbers or strings"
    )


def _from_arrow(series: pd.Series) -> pd.Series:
    """Return Arrow's categories and decimals, whose types say neither, as pandas has them."""
    kind = str(series.dtype)
    if kind.startswith("dictionary<"):
        values = series.array.__arrow_array__().unify_dictionaries()
        return pd.Series(values.to_pandas().array, index=series.index)
    return series.astype("Float64") if kind.startswith("decimal") else series


def is_numeric(series: pd.Series) -> bool:
    """Whether a column holds numbers, booleans not counted."""
    return not isinstance(series.dtype, pd.CategoricalDtype) and series.dtype.kind in "iuf"


def is_logical(series: pd.Series) -> bool:
    """Whether a column holds booleans."""
    return not isinstance(series.dtype, pd.CategoricalDtype) and series.dtype.kind == "b"


def check_no_times(series: pd.Series, name: str) -> None:
    """Refuse a predictor of dates or times, whose unit and origin the data do not say.

    As grouping factors, and in ``factor(...)``, they are levels.

    Raises
    ------
    FormulaError
        If the column, which has no missing values, holds them.
    """
    if isinstance(series.dtype, pd.CategoricalDtype):
        return
    is_time = series.dtype.kind == "M" or isinstance(series.dtype, pd.PeriodDtype)
    if is_time or (series.dtype == object and isinstance(series.iloc[0], date | pd.Period)):
        raise FormulaError(
            f"column {name!r} holds dates or times ({series.dtype}); turn it into a number, such "
            "as days since a date, or write factor() for an effect of each"
        )


def read_again(series: pd.Series, kind: str | None) -> pd.Series:
    """Return a column as what it was in the training rows, ``"logical"`` being what can differ.

    Files hold booleans as 0 and 1 or in words, which are those of R's ``as.logical``. A column
    with any other value is returned as it is.
    """
    if kind != "logical" or is_logical(series):
        return series
    codes, values = _distinct(series)
    read = [LOGICAL_VALUES.get(value) for value in values.tolist()]
    if any(read[code] is None for code in np.unique(codes[codes >= 0])):
        return series
    found = pd.array([*read, None], dtype="boolean").take(codes)
    return pd.Series(found if found.isna().any() else found.astype(bool), index=series.index)


def as_numbers(series: pd.Series, name: str) -> NDArray[np.float64]:
    """Return a numeric or boolean column without missing values as float64, shape (n,).

    Raises
    ------
    FormulaError
        If the column is categorical.
    MissingValueError
        If a value is infinite.
    """
    if not (is_numeric(series) or is_logical(series)):
        check_no_times(series, name)
        raise FormulaError(f"column {name!r} is categorical where numbers are needed")
    values = series.to_numpy(dtype=np.float64)
    infinite = ~np.isfinite(values)
    if infinite.any():
        row = series.index[int(np.argmax(infinite))]
        raise MissingValueError(
            f"column {name!r} is infinite in {int(infinite.sum())} row(s), the first with the "
            f"index {row!r}"
        )
    return values


def _distinct(series: pd.Series) -> tuple[NDArray[np.int64], pd.Index]:
    """Return codes (-1 for missing) and the values they index, neither sorted nor all used."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.codes.to_numpy(np.int64), series.cat.categories
    codes, values = pd.factorize(series)
    return codes.astype(np.int64, copy=False), pd.Index(values)


def learn_levels(series: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
    """Return the codes and the levels of a column.

    Levels that no row has are dropped. A pandas Categorical keeps the order of its categories,
    numbers sort as numbers, strings by code point (R's order in the C locale).

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        -1 for missing values.
    levels : list of str
    """
    codes, values = _distinct(series)
    used = np.bincount(codes[codes >= 0], minlength=len(values)) > 0
    if isinstance(series.dtype, pd.CategoricalDtype):
        order = np.flatnonzero(used)
    else:
        order = np.argsort(values.to_numpy(), kind="stable")
    position = np.full(len(values) + 1, -1, dtype=np.int64)
    # Numbers that agree to 15 digits are one level.
    texts = [level_name(value) for value in level_values(values[order])]
    levels = list(dict.fromkeys(texts))
    place = {text: index for index, text in enumerate(levels)}
    position[order] = [place[text] for text in texts]
    return position[codes], levels


def match_levels(series: pd.Series, levels: Sequence[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Return the codes of a column with levels learned before, and the levels not among them.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        -1 for missing values and for levels not in `levels`.
    unseen : list of str
    """
    if isinstance(levels, ManyLevels):
        return levels.match(series)
    return match_names(series, {level: position for position, level in enumerate(levels)})


def level_names(series: pd.Series) -> NDArray[np.object_]:
    """Return the name of the level of each row of a column without missing values, shape (n,)."""
    codes, values = _distinct(series)
    return np.array([level_name(value) for value in level_values(values)], dtype=object)[codes]


def match_names(series: pd.Series, index: Mapping[str, int]) -> tuple[NDArray[np.int64], list[str]]:
    """Return what `match_levels` does, from the place of every level."""
    if len(series) <= FEW_ROWS and not isinstance(series.dtype, pd.CategoricalDtype):
        return _match_few(series, index)
    codes, values = _distinct(series)
    texts = [level_name(value) for value in level_values(values)]
    position = np.array([*(place_of(text, index) for text in texts), -1], dtype=np.int64)
    result = position[codes]
    if len(texts) and position[:-1].min() < 0:
        present = np.bincount(codes[codes >= 0], minlength=len(values)) > 0
        return result, [t for t, p, u in zip(texts, position, present, strict=False) if p < 0 and u]
    return result, []


def _match_few(series: pd.Series, index: Mapping[str, int]) -> tuple[NDArray[np.int64], list[str]]:
    """Do it row by row, where finding distinct values would take longer."""
    texts = [None if pd.isna(value) else level_name(value) for value in level_values(series)]
    codes = [-1 if text is None else place_of(text, index) for text in texts]
    unseen = dict.fromkeys(
        text for text, code in zip(texts, codes, strict=True) if code < 0 and text is not None
    )
    return np.array(codes, dtype=np.int64), list(unseen)
