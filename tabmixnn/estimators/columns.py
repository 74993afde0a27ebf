"""Features without a formula: every column of X, categories where the column holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array


@dataclass(frozen=True)
class ColumnFrame:
    """The columns of n rows, with the attributes of a ``ModelFrame`` that the networks read.

    Parameters
    ----------
    cont : ndarray, shape (n, p_cont)
        Numeric columns in float64.
    cat : ndarray, shape (n, p_cat), int64
        Level codes of the other columns, -1 for a level unseen when fitting.
    offset : ndarray, shape (n,)
        Zeros.
    blocks : tuple
        Empty: without a formula there are no random effects.
    """

    cont: np.ndarray
    cat: np.ndarray
    offset: np.ndarray
    blocks: tuple[()] = ()


class ColumnDesign:
    """Tell numeric columns from categorical ones and remember the levels of the latter.

    Columns of a data frame that are neither numeric nor boolean are categorical. All columns of
    an array are numeric.

    Parameters
    ----------
    X : ndarray or DataFrame, shape (n, p)
        The training rows.

    Attributes
    ----------
    cat_names : list of str
        Categorical columns.
    cat_levels : list of ndarray of str
        Their levels, sorted.
    """

    def __init__(self, X: Any) -> None:
        names = [] if not isinstance(X, pd.DataFrame) else list(X.columns)
        self.cat_names = [name for name in names if not pd.api.types.is_numeric_dtype(X[name])]
        self.cat_levels = [np.unique(_labels(X, name)) for name in self.cat_names]

    def frame(self, X: Any, *, min_samples: int = 1) -> ColumnFrame:
        """Return the columns of training or new rows.

        Raises
        ------
        ValueError
            If values are missing or infinite, or there are fewer rows than `min_samples`.
        """
        numeric = X.drop(columns=self.cat_names) if self.cat_names else X
        if isinstance(X, pd.DataFrame):
            _check_finite_columns(numeric)
        n_rows = len(X) if self.cat_names else None
        if n_rows is not None and numeric.shape[1] == 0:
            cont = np.empty((n_rows, 0))
        else:
            cont = check_array(numeric, dtype=np.float64, ensure_min_samples=min_samples)
        codes = [
            pd.Index(levels).get_indexer(_labels(X, name))
            for name, levels in zip(self.cat_names, self.cat_levels, strict=True)
        ]
        cat = np.column_stack(codes) if codes else np.empty((len(cont), 0))
        return ColumnFrame(cont, cat.astype(np.int64), np.zeros(len(cont)))


def _labels(X: pd.DataFrame, name: str) -> np.ndarray:
    missing = int(X[name].isna().sum())
    if missing:
        raise ValueError(
            f"Column {name!r} has {missing} missing values (NaN); remove or impute those rows."
        )
    return X[name].astype(str).to_numpy(dtype=object)


def _check_finite_columns(X: pd.DataFrame) -> None:
    for name in X.columns:
        values = X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise ValueError(
                f"Column {name!r} has {bad} values that are NaN or infinity; "
                "remove or impute those rows."
            )
