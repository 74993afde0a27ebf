"""Features without a formula: every column of X, categories where the column holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array

from tabmixnn.formula.levels import places_of
from tabmixnn.formula.unseen import Unseen


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
    n_levels : tuple of int
        Number of levels of each categorical column.
    blocks : tuple
        Empty: without a formula there are no random effects.
    """

    cont: np.ndarray
    cat: np.ndarray
    offset: np.ndarray
    n_levels: tuple[int, ...] = ()
    blocks: tuple[()] = ()

    @property
    def rows(self) -> np.ndarray:
        """The positions of the rows used, shape (n,): all of them."""
        return np.arange(len(self.cont))

    @property
    def X(self) -> np.ndarray:
        """The design `ColumnDesign.fixed_names`: intercept, numbers, treatment contrasts."""
        contrasts = [
            codes[:, None] == np.arange(1, size)
            for codes, size in zip(self.cat.T, self.n_levels, strict=True)
        ]
        return np.column_stack([np.ones(len(self.cont)), self.cont, *contrasts]).astype(np.float64)


class ColumnDesign:
    """Tell numeric columns from categorical ones and remember the levels of the latter.

    Columns of a data frame that are neither numeric nor boolean are categorical; 1 and 1.0 are one
    level. Names that are no text, such as numbers, go by their text. All columns of an array are
    numeric. Dates, times and durations are neither: which number they stand for is for the user to
    say.

    Parameters
    ----------
    X : ndarray or DataFrame, shape (n, p)
        The training rows.

    Raises
    ------
    ValueError
        If a column holds dates, times or durations.

    Attributes
    ----------
    cat_names : list of str
        Categorical columns.
    cat_levels : list of ndarray of str
        Their levels, sorted.
    cont_names : list of str
        Numeric columns; those of an array are ``x0``, ``x1``, ...
    response_levels : list or None
        The classes of ordered responses in their order, which are given apart.
    """

    response_levels: list[Any] | None = None

    def __init__(self, X: Any) -> None:
        X = named_by_text(X)
        names = [] if not isinstance(X, pd.DataFrame) else list(X.columns)
        _check_no_times(X, names)
        self.cat_names = [name for name in names if not pd.api.types.is_numeric_dtype(X[name])]
        self.cat_levels = [np.unique(_labels(X, name)) for name in self.cat_names]
        self.cont_names = [name for name in names if name not in self.cat_names]

    @classmethod
    def fit_frame(cls, X: Any) -> tuple[ColumnDesign, ColumnFrame]:
        """Learn the columns of the training rows; return the design and their frame.

        Raises
        ------
        ValueError
            If values are missing or infinite, a column holds dates, times or durations, or there
            are fewer than two rows.
        """
        design = cls(X)
        frame = design.frame(X, min_samples=2)
        if not isinstance(X, pd.DataFrame):
            design.cont_names = [f"x{j}" for j in range(frame.cont.shape[1])]
        return design, frame

    def to_dict(self) -> dict[str, Any]:
        """Return the design as JSON-able data; see `from_dict`."""
        return {
            "cat_names": self.cat_names,
            "cat_levels": [levels.tolist() for levels in self.cat_levels],
            "cont_names": self.cont_names,
            "response_levels": self.response_levels,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> ColumnDesign:
        """Make a design from what `to_dict` returned."""
        design = cls.__new__(cls)
        design.cat_names = [str(name) for name in state["cat_names"]]
        design.cont_names = state["cont_names"]
        design.cat_levels = [np.array(levels, dtype=object) for levels in state["cat_levels"]]
        design.response_levels = state.get("response_levels")
        return design

    @property
    def fixed_names(self) -> list[str]:
        """Names of the columns of a frame's design: the intercept, then as R names them."""
        levels = [
            f"{name}{level}"
            for name, known in zip(self.cat_names, self.cat_levels, strict=True)
            for level in known[1:]
        ]
        return ["(Intercept)", *self.cont_names, *levels]

    def unseen(self, frame: ColumnFrame) -> tuple[Unseen, ...]:
        """Return the levels in a frame's rows that the training rows did not have."""
        counts = (frame.cat < 0).sum(axis=0)
        return tuple(
            Unseen(name, int(count), levels[0])
            for name, count, levels in zip(self.cat_names, counts, self.cat_levels, strict=True)
            if count
        )

    def frame(self, X: Any, *, min_samples: int = 1) -> ColumnFrame:
        """Return the columns of training or new rows.

        Raises
        ------
        ValueError
            If values are missing or infinite, a column holds dates, times or durations, or there
            are fewer rows than `min_samples`.
        """
        X = named_by_text(X)
        if isinstance(X, pd.DataFrame):
            _check_no_times(X, list(X.columns))
        elif self.cat_names:
            raise ValueError(
                f"The model was fitted to a data frame with the category {self.cat_names[0]!r}; "
                "give new rows as a data frame with the same columns too."
            )
        numeric = X.drop(columns=self.cat_names) if self.cat_names else X
        if isinstance(X, pd.DataFrame):
            _check_finite_columns(numeric)
            if len(numeric.columns) and numeric.dtypes.map(_is_sparse).all():
                # scikit-learn takes such a frame for a sparse matrix, not one with other columns.
                numeric = numeric.sparse.to_dense()
        n_rows = len(X) if self.cat_names else None
        if n_rows is not None and numeric.shape[1] == 0:
            cont = np.empty((n_rows, 0))
        else:
            cont = check_array(numeric, dtype=np.float64, ensure_min_samples=min_samples)
        codes = [
            places_of(_labels(X, name), levels)
            for name, levels in zip(self.cat_names, self.cat_levels, strict=True)
        ]
        cat = np.column_stack(codes) if codes else np.empty((len(cont), 0))
        n_levels = tuple(len(levels) for levels in self.cat_levels)
        return ColumnFrame(cont, cat.astype(np.int64), np.zeros(len(cont)), n_levels)


def named_by_text(X: Any) -> Any:
    """Return a data frame with the text of its columns' names, such as "0" for 0."""
    if not isinstance(X, pd.DataFrame) or all(isinstance(name, str) for name in X.columns):
        return X
    return X.set_axis([str(name) for name in X.columns], axis=1)


TIMES = frozenset(("date", "datetime", "datetime64", "period", "time", "timedelta", "timedelta64"))
"""What pandas infers of columns that hold dates, times or durations."""


def _check_no_times(X: pd.DataFrame, names: list[Any]) -> None:
    for name in names:
        kind = pd.api.types.infer_dtype(X[name], skipna=True)
        if kind in TIMES:
            raise ValueError(
                f"Column {name!r} holds values of the type {kind!r}, which are neither numbers nor "
                "categories; convert it to a number, such as days since a date, or leave "
                "it out."
            )


def _is_sparse(dtype: Any) -> bool:
    return isinstance(dtype, pd.SparseDtype)


def _labels(X: pd.DataFrame, name: str) -> np.ndarray:
    missing = int(X[name].isna().sum())
    if missing:
        raise ValueError(
            f"Column {name!r} has {missing} missing values (NaN); remove or impute those rows."
        )
    labels = X[name].astype(str).to_numpy(dtype=object, copy=True)
    values = X[name].to_numpy(dtype=object)
    whole = np.fromiter(map(_is_whole, values), dtype=bool, count=len(values))
    labels[whole] = [str(int(value)) for value in values[whole]]
    return labels


def _is_whole(value: Any) -> bool:
    """Return whether a value is a float that is the same level as an integer."""
    return isinstance(value, float) and value.is_integer() and abs(value) < 2**53


def _check_finite_columns(X: pd.DataFrame) -> None:
    for name in X.columns:
        try:
            values = X[name].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {name!r} must hold numbers, as in the training rows; found values such "
                f"as {X[name].iloc[0]!r}."
            ) from error
        bad = int((~np.isfinite(values)).sum())
        if bad:
            raise ValueError(
                f"Column {name!r} has {bad} values that are NaN or infinity; "
                "remove or impute those rows."
            )
