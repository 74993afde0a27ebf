"""Weights of rows, from a column or an array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import _num_samples

from tabmixnn.estimators.responses import check_one_a_row

SOURCE = "the array of weights (sample_weight)"


def one_of_two(weights: Any, sample_weight: Any) -> Any:
    """Return the weights that `fit` is given under either of their names.

    Raises
    ------
    ValueError
        If the weights are given twice.
    """
    if weights is not None and sample_weight is not None:
        raise ValueError(
            "The weights are given twice, as weights and as sample_weight, which are two names of "
            "one argument; pass only one."
        )
    return sample_weight if weights is None else weights


def weighted_rows(X: Any, y: Any, given: Any, *, as_counts: bool) -> tuple[Any, Any, Any]:
    """Return the rows that scikit-learn's tools mean by weights, and the weights of these.

    Their tools draw rows by giving the others the weight zero.

    Parameters
    ----------
    X : DataFrame or array, shape (n, p)
    y : array, shape (n,), or None
    given : array, shape (n,)
    as_counts : bool
        Whether the model takes no weights, so that a row is there as often as its weight says.

    Returns
    -------
    X, y : as given
        Without the rows of weight zero.
    weights : ndarray or None
        None `as_counts`.

    Raises
    ------
    ValueError
        If there is not one number or one response a row, a weight is negative, all are zero, or
        `as_counts` some are not whole.
    """
    values = _one_a_row(given, _num_samples(X), SOURCE)
    if (values < 0).any():
        raise ValueError(
            f"Weights must not be negative; {SOURCE} has {int((values < 0).sum())} that are, the "
            f"first in row {np.argmax(values < 0)}."
        )
    if y is not None:
        check_one_a_row(y, len(values))
    if not values.any():
        raise ValueError("All weights (sample_weight) are zero, so there is no row to fit.")
    if as_counts:
        if not (np.isfinite(values) & (values == np.floor(values))).all():
            raise ValueError(
                "inference='variational' does not take weights (sample_weight) but for whole "
                "numbers, how often a row is there; leave others out. The mixed model of an "
                "outcome that has one, inference='marginal', takes them."
            )
        rows = np.repeat(np.arange(len(values)), values.astype(np.int64))
        return _taken(X, rows), _taken(y, rows), None
    used = values != 0
    if used.all():
        return X, y, given
    return _taken(X, used), _taken(y, used), values[used]


def _taken(values: Any, rows: np.ndarray) -> Any:
    """Return some of the rows of a table or a column; nothing of None."""
    if values is None:
        return None
    if isinstance(values, pd.DataFrame | pd.Series):
        return values.iloc[rows]
    return (values if hasattr(values, "dtype") else np.asarray(values))[rows]


def read_weights(
    X: Any, column: str | None, given: Any, rows: np.ndarray | None = None
) -> np.ndarray:
    """Return the weights of rows of `X`.

    Parameters
    ----------
    X : DataFrame or array, shape (n, p)
    column : str or None
        Column of `X` that holds them.
    given : array, shape (n,), or None
        The weights themselves; only one of the two may be there.
    rows : ndarray of int, shape (m,), optional
        Positions of the rows that are used; by default all n.

    Returns
    -------
    ndarray, shape (m,)

    Raises
    ------
    ValueError
        If both are given, the column does not exist, or weights are not positive numbers.
    """
    if given is not None and column is not None:
        raise ValueError(
            f"The weights are given twice, as column {column!r} and as an array; pass only one."
        )
    source = SOURCE
    if isinstance(given, str):
        raise ValueError(
            "fit takes weights as an array, one number a row; a column is named when the model is "
            f"made, by weights={given!r}."
        )
    if given is None:
        if not isinstance(X, pd.DataFrame) or column not in X.columns:
            raise ValueError(f"The data have no column {column!r} to take the weights from.")
        given, source = X[column], f"column {column!r}"
    values = _one_a_row(given, _num_samples(X), source)
    rows = np.arange(len(values)) if rows is None else rows
    values = values[rows]
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise ValueError(
            f"Weights must be positive; {source} has {int(bad.sum())} that are not, the first in "
            f"row {rows[np.argmax(bad)]}. Leave such rows out."
        )
    return values


def _one_a_row(given: Any, n_rows: int, source: str) -> np.ndarray:
    """Return weights as numbers, shape (n,)."""
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Weights must be numbers; check {source}.") from error
    if values.shape != (n_rows,):
        raise ValueError(
            f"Weights must be one number a row, {n_rows} in all; {source} has shape {values.shape}."
        )
    return values
