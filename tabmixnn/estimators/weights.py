"""Weights of rows, from a column or an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

# Not an argument of its own: scikit-learn takes estimators that have it for those in which a row
# of weight two is the row twice.
SAMPLE_WEIGHT = "sample_weight"


def weights_by_name(weights: Any, named: Mapping[str, Any]) -> Any:
    """Return the weights that `fit` is given under either of their names.

    Parameters
    ----------
    weights : array, shape (n,), or None
    named : mapping
        What `fit` is given under names that it does not have.

    Raises
    ------
    TypeError
        If one of these is not scikit-learn's name of weights.
    ValueError
        If the weights are given twice.
    """
    for name in named:
        if name != SAMPLE_WEIGHT:
            raise TypeError(f"fit() has no argument {name!r}; options are set on the model.")
    given = named.get(SAMPLE_WEIGHT)
    if given is None:
        return weights
    if weights is not None:
        raise ValueError(
            "The weights are given twice, as weights and as sample_weight, which are two names of "
            "one argument; pass only one."
        )
    return given


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
    source = "the array of weights (sample_weight)"
    if isinstance(given, str):
        raise ValueError(
            "fit takes weights as an array, one number a row; a column is named when the model is "
            f"made, by weights={given!r}."
        )
    if given is None:
        if not isinstance(X, pd.DataFrame) or column not in X.columns:
            raise ValueError(f"The data have no column {column!r} to take the weights from.")
        given, source = X[column], f"column {column!r}"
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Weights must be numbers; check {source}.") from error
    if values.shape != (len(X),):
        raise ValueError(
            f"Weights must be one number a row, {len(X)} in all; {source} has shape {values.shape}."
        )
    rows = np.arange(len(X)) if rows is None else rows
    values = values[rows]
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise ValueError(
            f"Weights must be positive; {source} has {int(bad.sum())} that are not, the first in "
            f"row {rows[np.argmax(bad)]}. Leave such rows out."
        )
    return values
