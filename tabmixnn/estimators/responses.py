"""Checks of the responses that users hand to an estimator, each with one clear sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from tabmixnn.estimators.columns import TIMES
from tabmixnn.formula import Formula

NUMERIC = ("real", "count", "positive", "proportion", "survival")


def check_numeric_response(y: Any) -> np.ndarray:
    """Return responses as float64, shape (n,) or (n, k).

    Raises
    ------
    ValueError
        If they are not numbers.
    """
    y = np.asarray(y)
    kind = pd.api.types.infer_dtype(y.ravel(), skipna=True)
    if kind in TIMES:
        raise ValueError(
            f"The response must be numeric, and it holds values of the type {kind!r}; turn them "
            "into numbers, such as days since a date."
        )
    if y.dtype.kind not in "fiub":
        try:
            return y.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The response must be numeric; found values such as {_first_text(y)!r}."
            ) from error
    return y.astype(np.float64)


def _first_text(y: np.ndarray) -> Any:
    """Return the first of some values that is no number."""
    for value in y.ravel().tolist():
        try:
            float(value)
        except (TypeError, ValueError):
            return value
    return y.flat[0]


def check_no_missing_class(y: np.ndarray) -> None:
    """Check that every row has a class.

    Raises
    ------
    ValueError
        Saying how many have none.
    """
    missing = int(pd.isna(y).sum())
    if missing:
        raise ValueError(
            f"y is missing in {missing} of {len(y)} rows; leave these rows out, for they have no "
            "class to learn from."
        )


def check_no_times(y: np.ndarray) -> None:
    """Check that classes are not dates, times or durations, which model files do not hold.

    Raises
    ------
    ValueError
        If they are.
    """
    kind = pd.api.types.infer_dtype(np.ravel(y), skipna=True)
    if kind in TIMES:
        raise ValueError(
            f"The classes are values of the type {kind!r}; turn them into strings, such as by "
            "astype(str)."
        )


def check_one_a_row(y: Any, n_rows: int, name: str = "y") -> np.ndarray:
    """Return what is given apart as an array whose first dimension is the rows.

    Parameters
    ----------
    y : array, shape (n,) or (n, k)
    n_rows : int
    name : str
        What messages call it.

    Raises
    ------
    ValueError
        If there is not one entry a row.
    """
    try:
        values = np.asarray(y)
    except ValueError:
        found = "lists of several lengths"
    else:
        if values.ndim and len(values) == n_rows:
            return _with_missing(y) if values.dtype.kind in "US" else values
        found = f"{len(values)}" if values.ndim else f"a single {type(y).__name__}"
    raise ValueError(f"{name} must have one response for each of the {n_rows} rows; got {found}.")


def _with_missing(y: Any) -> np.ndarray:
    """Return texts as an array in which what is missing has not become a text, such as "nan"."""
    as_given = np.asarray(y, dtype=object)
    return as_given if pd.isna(as_given).any() else np.asarray(y)


def given_responses(y: Any, n_rows: int) -> np.ndarray:
    """Return responses given apart: one column, or as many as the family takes.

    Raises
    ------
    ValueError
        If there is not one a row.
    """
    values = check_one_a_row(y, n_rows)
    several = values.ndim == 2 and values.shape[1] > 1
    return values if several else column_or_1d(y, warn=True)


def with_response(data: pd.DataFrame, formula: Formula, y: Any) -> pd.DataFrame:
    """Return the rows with the responses that scikit-learn's tools take out and give apart.

    Parameters
    ----------
    data : DataFrame
        n rows.
    formula : Formula
        Which names the response.
    y : array, shape (n,)

    Raises
    ------
    ValueError
        If the rows have other responses, or the formula's is computed from columns.
    """
    values = given_responses(y, len(data))
    name = formula.response_column
    if name is not None and values.ndim == 1:
        if name not in data.columns:
            return data.assign(**{name: values})
        if _same(values, data[name].to_numpy()):
            return data
        raise ValueError(
            f"The formula names the response {name!r}, which the data have, and the y given is "
            "another, as it is where scikit-learn numbers classes; leave the column out of the "
            "data, or pass no y."
        )
    raise ValueError(
        f"The formula names the response {formula.response!r} and y is given too; pass only one "
        "of them (y goes with a one-sided formula)."
    )


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two columns of n values are the same, however they are stored.

    Missing values are. Of floats of different precision the shorter ones decide.
    """
    is_missing = pd.isna(first)
    if not np.array_equal(is_missing, pd.isna(second)):
        return False
    known = [each[~is_missing] for each in (first, second)]
    dtypes = [each.dtype for each in known]
    floats = [each for each in dtypes if each.kind == "f"]
    if any(each.kind not in "fiub" for each in dtypes):
        shared: Any = object
    else:
        shared = min(floats, key=lambda each: each.itemsize, default=np.int64)
    return np.array_equal(*(each.astype(shared) for each in known))


def check_coding(family: Any, response: str, levels: Sequence[Any] | None) -> None:
    """Check that a categorical response is not taken for numbers.

    Parameters
    ----------
    family : Family or ExactFamily
        That is to model the response.
    response : str
        Its name, for the message.
    levels : sequence or None
        Levels of a categorical response; None for a numeric one.

    Raises
    ------
    ValueError
        If there are levels and the family models numbers.
    """
    if levels is not None and family.data_type in NUMERIC:
        shown = ", ".join(repr(level) for level in levels[:3])
        raise ValueError(
            f"The response {response!r} is categorical ({len(levels)} levels such as {shown}), "
            f"but a {family.name} model needs numbers. Convert it, or use TabMixNNClassifier."
        )
