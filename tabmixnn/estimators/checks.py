"""Checks of what users hand to an estimator, each with one clear sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from tabmixnn.caller import warn_caller
from tabmixnn.estimators.columns import TIMES
from tabmixnn.formula import Formula
from tabmixnn.formula.unseen import Unseen

MANY_LEVELS = 20
"""Categories up to which those of a predictor may be numbers without a word."""
FEW_ROWS = 5
"""Rows a category, on average, from which on many categories may be a predictor without a word."""
HANDFUL = 5
"""Different numbers in a column of text from which on it may be meant as a quantity."""
MOSTLY = 0.9
"""Share of a text's values from which on the others may be slips among numbers."""
NUMERIC = ("real", "count", "positive", "proportion", "survival")


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
        If they are a number, a dict or the like, or None.
    ValueError
        If they are a data frame without columns, or with two of one name.
    """
    is_sparse = hasattr(X, "tocsr")
    if X is None or (isinstance(X, Number | str | bytes | Mapping | Set) and not is_sparse):
        raise TypeError(
            f"X must be a data frame or an array of n rows and p columns; got {type(X).__name__}."
        )
    if isinstance(X, pd.DataFrame):
        if not X.shape[1]:
            raise ValueError("X has no columns; a model without a formula needs one or more.")
        if not X.columns.is_unique:
            twice = X.columns[X.columns.duplicated()][0]
            raise ValueError(f"X has more than one column {twice!r}; rename them.")


def check_numeric_response(y: Any) -> np.ndarray:
    """Return responses as float64, shape (n,) or (n, k).

    Raises
    ------
    ValueError
        If they are not numbers.
    """
    y = np.asarray(y)
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
        # As pandas tells whether columns are the same: missing values are.
        if pd.Series(values).equals(pd.Series(data[name].to_numpy())):
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


def check_name(option: str, value: Any, names: Iterable[str]) -> None:
    """Raise ValueError, naming what is valid, unless `value` is one of `names`."""
    valid = sorted(names)
    if not isinstance(value, str) or value not in valid:
        shown = ", ".join(repr(name) for name in valid)
        raise ValueError(f"{option} must be one of {shown}; got {value!r}.")


def warn_numbers_as_text(data: pd.DataFrame, levels: Mapping[str, Sequence[str]]) -> None:
    """Warn of columns of text that are numbers, all or nearly: files are often read so by mistake.

    Parameters
    ----------
    data : DataFrame
    levels : mapping of str to sequence of str
        The categories of predictors; columns that are a pandas Categorical are meant to have them,
        and columns of numbers are groups besides.
    """
    for name, found in levels.items():
        is_text = not isinstance(data[name].dtype, pd.CategoricalDtype)
        is_text = is_text and not pd.api.types.is_numeric_dtype(data[name])
        if not is_text:
            continue
        numbers = [each for each in found if _is_number(each)]
        if len(found) > MANY_LEVELS and len(numbers) == len(found):
            warn_caller(
                f"Column {name!r} is text, and each of its {len(found)} categories has an effect "
                f"of its own, though all of them are numbers, such as {found[0]!r}; if it is one "
                f"quantity, convert it with pandas.to_numeric, else make it a Categorical.",
            )
        elif HANDFUL < len(numbers) < len(found):
            _warn_of_slips(data[name].dropna(), name, len(found))


def _warn_of_slips(values: pd.Series, name: str, n_levels: int) -> None:
    """Warn of a text column if nearly all of its values are numbers, but not all."""
    others = values[~values.map(lambda value: _is_number(str(value)))]
    if 0 < len(others) <= (1.0 - MOSTLY) * len(values):
        warn_caller(
            f"Column {name!r} is text, and each of its {n_levels} categories has an effect of its "
            f"own, though all but {len(others)} of its {len(values)} values are numbers, the first "
            f"of the others {others.iloc[0]!r}; if it is one quantity, mend these or convert it "
            "with pandas.to_numeric(..., errors='coerce'), else make it a Categorical.",
        )


def warn_rare_categories(levels: Mapping[str, Sequence[str]], n_rows: int) -> None:
    """Warn of predictors with many categories of a few rows each, which are groups.

    Parameters
    ----------
    levels : mapping of str to sequence of str
        The categories of predictors.
    n_rows : int
    """
    for name, found in levels.items():
        if len(found) > MANY_LEVELS and n_rows < FEW_ROWS * len(found):
            warn_caller(
                f"Column {name!r} has {len(found)} categories in {n_rows} rows, each with an "
                f"effect of its own; as a group, (1 | {name}) in the formula, those of few rows "
                "borrow from the others, and categories not seen can be predicted."
            )


def _is_number(text: str) -> bool:
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def warn_unseen(found: Iterable[Unseen], *, by_design: bool) -> None:
    """Warn of categories that the training rows did not have, and say what is predicted.

    Parameters
    ----------
    found : iterable of Unseen
    by_design : bool
        Whether predictions are of the columns of the design alone, so that a row with the coding
        of the reference level has its prediction.
    """
    for each in found:
        if by_design and each.reference is not None:
            predicted = f"with the coding of the reference level {each.reference!r}"
        else:
            predicted = (
                "with zeros in all that stands for a level, which need not be the prediction of "
                "any level"
            )
        warn_caller(
            f"Column {each.column!r} has {each.rows} rows with a category that the training rows "
            f"did not have; they are predicted {predicted}.",
        )
