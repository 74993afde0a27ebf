"""Responses of ordered classes: where their order comes from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import column_or_1d

from tabmixnn.formula.levels import level_name

ORDERED = "ordinal"
"""The family whose classes have an order."""


def is_ordered(family: Any) -> bool:
    """Return whether the classes of a family, given by name or as an object, have an order."""
    return (family if isinstance(family, str) else getattr(family, "name", None)) == ORDERED


def check_order(family: Any, response: str, is_known: bool) -> None:
    """Check that somebody has said in what order the classes of a response are.

    Parameters
    ----------
    family : str or Family
    response : str
        The left-hand side of the formula.
    is_known : bool
        See `tabmixnn.formula.evaluate.Evaluator.has_order`.

    Raises
    ------
    ValueError
        If the family needs an order and there is none but that of the alphabet.
    """
    if is_ordered(family) and not is_known:
        raise ValueError(
            f"The classes of {response!r} have no order, which an ordinal model needs; make the "
            "column an ordered Categorical or numbers, or name the levels in order by "
            'ordered(x, levels = c("low", "high")) in the formula.'
        )


def ordered_codes(
    y: Any, known: list[Any] | None = None, rows: Any = slice(None)
) -> tuple[Any, list[Any] | None]:
    """Return the positions of ordered classes that were given apart from the formula.

    Parameters
    ----------
    y : array-like, shape (n,)
        An ordered Categorical, a Series of such, or numbers.
    known : list, optional
        The classes that a model was trained on, if these are further rows.
    rows : ndarray of int64, optional
        The positions of the rows that are used, by default all.

    Returns
    -------
    y : ndarray, shape (n,)
        The positions, or the numbers as they are.
    levels : list or None
        The classes of the rows in their order; None for numbers.

    Raises
    ------
    ValueError
        If the classes have no order, are missing in a row, or are not among the known ones.
    """
    y = y.iloc[:, 0] if isinstance(y, pd.DataFrame) and y.shape[1] == 1 else y
    dtype = getattr(y, "dtype", None)
    if not isinstance(dtype, pd.CategoricalDtype):
        several = np.ndim(y) == 2 and np.shape(y)[1] > 1
        values = np.asarray(y) if several else column_or_1d(y, warn=True)
        _check_numbers(values[rows])
        return values[rows], None
    if not dtype.ordered:
        raise ValueError(_NO_ORDER)
    values = pd.Categorical(y)[rows]
    missing = int(values.isna().sum())
    if missing:
        raise ValueError(f"The response has {missing} missing values; leave those rows out.")
    levels = used_levels(values)
    codes = values.remove_unused_categories().codes.astype(np.int64)
    if known is None:
        return codes, levels
    new = [level for level in levels if level not in known]
    if new:
        raise ValueError(
            f"There is a class {new[0]!r} that the model was not trained on; fit it to all rows "
            "anew, without warm_start."
        )
    places = np.array([known.index(level) for level in levels], dtype=np.int64)
    return places[codes], levels


def used_levels(values: Any) -> list[Any]:
    """Return the categories that a row has, in their order: numbers and text as they are."""
    found = pd.Categorical(values).remove_unused_categories().categories.tolist()
    return [each if isinstance(each, str | int | float) else level_name(each) for each in found]


_NO_ORDER = (
    "The classes of y have no order, which an ordinal model needs; make y an ordered Categorical, "
    "such as pd.Categorical(y, categories=['low', 'high'], ordered=True), or numbers."
)


def _check_numbers(y: np.ndarray) -> None:
    try:
        y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(_NO_ORDER) from error
