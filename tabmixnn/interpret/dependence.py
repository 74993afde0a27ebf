"""Partial dependence: the mean prediction as one column varies, on average and by group."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula.check import columns_of
from tabmixnn.formula.design import Design
from tabmixnn.formula.parser import parse_expression

POINTS = 30
MOST_ROWS = 200


def dependence_curves(
    model: Any,
    data: pd.DataFrame,
    column: str,
    group: str | None,
    *,
    kind: str = "response",
    points: int = POINTS,
) -> pd.DataFrame:
    """Return the mean prediction at values of a column, other columns as in the data.

    Parameters
    ----------
    model : estimator
        Fitted, of one outcome.
    data : DataFrame
        The rows to average over; at most 200 of them, evenly spread, for each curve.
    column : str
        Numeric: `points` values between its smallest and largest, or of those that it has where
        the formula takes them for levels. Otherwise its categories, in their order if they have
        one.
    group : str or None
        A grouping factor that is a column, to get a curve for each of its levels too.
    kind : {"response", "link"}
    points : int

    Returns
    -------
    DataFrame
        By value of the column: first ``population``, with all random effects zero, and then, for
        each level, which may have any name, the mean over the level's rows given its effects.

    Raises
    ------
    ValueError
        If the data have no such column or no value in it, or the model has several outcomes.
    """
    for name in (column, *([] if group is None else [group])):
        if not isinstance(name, Hashable) or name not in data:
            raise ValueError(f"The data have no column {name!r}.")
    known = data[column].dropna()
    if known.empty:
        raise ValueError(f"Column {column!r} has no value in these data.")
    as_levels = model.formula is not None and column in _factor_columns(model._design)
    values = _grid(known, points, as_levels=as_levels)
    names, curves = ["population"], [_curve(model, data, column, values, "none", kind)]
    if group is not None:
        for level, rows in data.groupby(group, observed=True, sort=True):
            names.append(level)
            curves.append(_curve(model, rows, column, values, "all", kind))
    index, columns = pd.Index(values, name=column), pd.Index(names, dtype=object, name=group)
    return pd.DataFrame(np.column_stack(curves), index=index, columns=columns)


def _grid(column: pd.Series, points: int, *, as_levels: bool) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories()
        return used.cat.categories.to_numpy(dtype=object)
    known = pd.unique(column)
    if not pd.api.types.is_numeric_dtype(column):
        return np.array(sorted(known), dtype=object)
    if len(known) <= points:
        return np.sort(known)
    if as_levels:
        return np.sort(known)[np.linspace(0, len(known) - 1, points).round().astype(int)]
    return np.linspace(column.min(), column.max(), points)


def _curve(
    model: Any, data: pd.DataFrame, column: str, values: np.ndarray, re_form: str, kind: str
) -> np.ndarray:
    every = np.unique(np.linspace(0, len(data) - 1, min(len(data), MOST_ROWS)).astype(int))
    rows = data.iloc[every]
    many = rows.iloc[np.tile(np.arange(len(rows)), len(values))].reset_index(drop=True)
    repeated = pd.Series(np.repeat(values, len(rows)))
    if isinstance(data[column].dtype, pd.CategoricalDtype):
        repeated = repeated.astype(data[column].dtype)
    many[column] = repeated
    predicted = model._predict(many, re_form, kind)
    if isinstance(predicted, dict) or predicted.ndim > 1:
        raise ValueError(
            "Partial dependence is of one number a row; this model predicts several outcomes or "
            "classes."
        )
    return predicted.reshape(len(values), len(rows)).mean(axis=1)


def _factor_columns(design: Design) -> frozenset[str]:
    """Return the columns whose values a design reads as names of levels, numbers among them."""
    labels = (*design.learned.factors, *design.learned.groups)
    return frozenset(name for label in labels for name in columns_of(parse_expression(label)))
