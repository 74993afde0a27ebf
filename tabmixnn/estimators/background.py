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


def take_rows(X: Any, frame: Any) -> pd.DataFrame | np.ndarray:
    """Return some training rows as they are: all, or `N_ROWS` drawn at random, in their order.

    This is all that a fit does for a background, since few are asked for one.

    Parameters
    ----------
    X : DataFrame or array
        The data that `fit` was given.
    frame : ModelFrame or ColumnFrame
        Of the n rows that are used.

    Returns
    -------
    DataFrame or ndarray, shape (m, p)
    """
    rows = frame.rows
    if len(rows) > N_ROWS:
        chosen = np.random.default_rng(SEED).choice(len(rows), N_ROWS, replace=False)
        rows = rows[np.sort(chosen)]
    return X.take(rows) if isinstance(X, pd.DataFrame) else frame.cont[rows]


def background(engine: Any, design: Design | ColumnDesign, rows: Any) -> pd.DataFrame:
    """Return the background that training rows are, with types that a model file can hold.

    Parameters
    ----------
    engine : engine
        That was fitted to them.
    design : Design or ColumnDesign
    rows : DataFrame or ndarray, shape (m, p)
        From `take_rows`.

    Returns
    -------
    DataFrame, shape (m, k)
        With a formula the columns that an explanation has as features, without one all columns.
    """
    if isinstance(design, Design):
        names = feature_names(engine, design)
        columns = {name: _storable(plain(rows[name], name)) for name in names}
    elif isinstance(rows, pd.DataFrame):
        columns = {
            name: rows[name].astype(str if str(name) in design.cat_names else np.float64)
            for name in rows
        }
    else:
        columns = dict(zip(design.cont_names, rows.T, strict=True))
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
