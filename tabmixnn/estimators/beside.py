"""What a model needs of its rows besides the columns of the formula."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def beside_formula(
    data: pd.DataFrame,
    *,
    y: Any = None,
    weights: Any = None,
    weight_column: str | None = None,
    cov_struct_map: Mapping[str, Any] | None = None,
) -> dict[str, np.ndarray]:
    """Return the variables of n rows in which a missing value makes a row incomplete.

    Parameters
    ----------
    data : DataFrame, n rows
    y : array, shape (n,) or (n, k), optional
        Responses that are given apart.
    weights : array, shape (n,), optional
        Weights that are given apart.
    weight_column : str, optional
        Column of weights.
    cov_struct_map : mapping, optional
        Its structures stand on columns such as times and coordinates.

    Returns
    -------
    dict of str to ndarray
        By what messages call them. What is not there, or not one a row, is left to the check of
        its own that it has.
    """
    names = [] if weight_column is None else [weight_column]
    if isinstance(cov_struct_map, Mapping) and cov_struct_map:
        from tabmixnn.encoder.covariance import placing_columns

        names += placing_columns(cov_struct_map)
    given = {"y": y, "the array of weights": weights}
    given = {called: _rows(each) for called, each in given.items() if each is not None}
    columns = {f"column {name!r}": data[name] for name in names if name in data.columns}
    found = given | {called: each.to_numpy() for called, each in columns.items()}
    return {called: each for called, each in found.items() if each.shape[:1] == (len(data),)}


def _rows(values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except ValueError:
        # Lists of different lengths are no rows.
        return np.empty(0)
