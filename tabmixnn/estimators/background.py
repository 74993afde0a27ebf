"""Training rows that stay with a model, so that a single row has something to be compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.estimators.columns import ColumnDesign
from tabmixnn.formula import Design
from tabmixnn.formula.columns import plain
from tabmixnn.formula.reads import fixed_columns

N_ROWS = 100
SEED = 0


def sample_rows(design: Design | ColumnDesign, X: Any, frame: Any) -> pd.DataFrame:
    """Return some training rows: all, or `N_ROWS` drawn at random, in their order.

    Parameters
    ----------
    design : Design or ColumnDesign
    X : DataFrame or array
        The data that `fit` was given.
    frame : ModelFrame or ColumnFrame
        Of the n rows that are used.

    Returns
    -------
    DataFrame, shape (m, p)
        With a formula the columns that it needs besides the response and the groups, without one
        all columns.
    """
    rows = frame.rows
    if len(rows) > N_ROWS:
        chosen = np.random.default_rng(SEED).choice(len(rows), N_ROWS, replace=False)
        rows = rows[np.sort(chosen)]
    if isinstance(design, Design):
        data = X[design.formula.covariates].iloc[rows]
        columns = {name: _storable(plain(data[name], name)) for name in data}
    elif isinstance(X, pd.DataFrame):
        data = X.iloc[rows]
        columns = {
            name: data[name].astype(str if name in design.cat_names else np.float64)
            for name in data
        }
    else:
        columns = dict(zip(design.cont_names, frame.cont[rows].T, strict=True))
    return pd.DataFrame(columns).reset_index(drop=True)


def feature_names(engine: Any, design: Design | ColumnDesign) -> list[str]:
    """Return the columns that an explanation has as features."""
    if hasattr(engine, "feature_columns"):
        return engine.feature_columns(design)
    if isinstance(design, Design):
        return fixed_columns(design)
    return [*design.cont_names, *design.cat_names]


def _storable(column: pd.Series) -> pd.Series:
    """Return a column whose categories a model file can hold: intervals as their names."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    if not isinstance(column.cat.categories.dtype, pd.IntervalDtype | pd.PeriodDtype):
        return column
    return column.cat.rename_categories(column.cat.categories.astype(str))
