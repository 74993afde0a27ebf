"""What a structure is laid on: the levels of a group, the effects of a level, or the rows.

A structure asks a context for positions (`values` of columns, or the `order`), and does not know
which of the three it stands on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from .errors import PositionError

DATES = ("date", "datetime")
"""What pandas infers of objects that are points in time, as databases and Parquet files give."""


class Context(ABC):
    """Subjects of a structure.

    Attributes
    ----------
    group : str
    labels : list of str
        What stands at each position.
    """

    group: str
    labels: list[str]

    @property
    @abstractmethod
    def size(self) -> int:
        """Most subjects that are correlated with each other."""

    @abstractmethod
    def values(self, columns: Sequence[str]) -> np.ndarray:
        """Numbers of the columns, ``(s,)`` for one scalar column, else ``(s, dim)``."""

    @abstractmethod
    def order(self) -> np.ndarray:
        """Positions ``(s,)`` when no column gives any: 0, 1, 2, ..."""

    def gaps(self, times: np.ndarray) -> np.ndarray:
        """Distances between neighbours in time ``(s,)`` that are correlated with each other."""
        return np.diff(np.sort(times))


class LevelContext(Context):
    """The levels of a grouping factor.

    Parameters
    ----------
    group : str
    levels : sequence of str
    codes : ndarray of shape (n,)
        Level of each row of ``data``; negative ones are left out.
    data : DataFrame
    """

    def __init__(
        self, group: str, levels: Sequence[str], codes: np.ndarray, data: pd.DataFrame
    ) -> None:
        self.group, self.labels = group, [str(v) for v in levels]
        self.codes, self.data = np.asarray(codes), data

    @property
    def size(self) -> int:
        """Number of levels."""
        return len(self.labels)

    def values(self, columns: Sequence[str]) -> np.ndarray:
        """Each level's value.

        Raises
        ------
        PositionError
            A column is absent, not numeric, missing somewhere or not constant in a level.
        """
        rows = row_values(self.data, columns, self.group)
        used = self.codes >= 0
        codes, rows = self.codes[used], rows[used]
        present, first = np.unique(codes, return_index=True)
        if len(present) < self.size:
            lost = sorted(set(range(self.size)) - set(present.tolist()))[0]
            raise PositionError(f"level {self.labels[lost]} of '{self.group}' has no row")
        out = rows[first]
        named = " and ".join(f"'{c}'" for c in columns)
        missing = np.flatnonzero(~np.isfinite(np.reshape(rows, (len(rows), -1))).all(axis=1))
        if len(missing):
            raise PositionError(
                f"{named} is missing for level {self.labels[codes[missing[0]]]} of '{self.group}'"
            )
        differs = np.reshape(rows != out[codes], (len(rows), -1)).any(axis=1)
        if differs.any():
            level = self.labels[codes[np.argmax(differs)]]
            raise PositionError(
                f"{named} takes several values within level {level} of '{self.group}', so it does "
                "not order the levels; for a process within the levels set 'over': 'residual'"
            )
        return out

    def order(self) -> np.ndarray:
        """Order of the levels."""
        return np.arange(self.size, dtype=float)


class EffectContext(Context):
    """The effects of one level of a term.

    Parameters
    ----------
    group : str
    names : sequence of str
    """

    def __init__(self, group: str, names: Sequence[str]) -> None:
        self.group, self.labels = group, list(names)

    @property
    def size(self) -> int:
        """Number of effects."""
        return len(self.labels)

    def values(self, columns: Sequence[str]) -> np.ndarray:
        """Refuse: effects have no columns.

        Raises
        ------
        PositionError
        """
        raise PositionError(
            f"a structure over the effects of '{self.group}' takes them in their order "
            f"({', '.join(self.labels)}); column {columns[0]!r} cannot place them"
        )

    def order(self) -> np.ndarray:
        """Order of the effects."""
        return np.arange(self.size, dtype=float)


class RowContext(Context):
    """The rows, tied together within the levels of a group.

    Parameters
    ----------
    group : str
    codes : ndarray of shape (n,)
    data : DataFrame
        Its ``n`` rows.
    """

    def __init__(self, group: str, codes: np.ndarray, data: pd.DataFrame) -> None:
        self.group, self.codes, self.data = group, np.asarray(codes), data
        self.labels = [str(v) for v in data.index]

    @property
    def size(self) -> int:
        """Rows of the largest level."""
        return int(np.bincount(self.codes).max())

    def values(self, columns: Sequence[str]) -> np.ndarray:
        """Each row's value.

        Raises
        ------
        PositionError
            A column is absent, not numeric or missing somewhere.
        """
        rows = row_values(self.data, columns, self.group)
        missing = np.flatnonzero(~np.isfinite(np.reshape(rows, (len(rows), -1))).all(axis=1))
        if len(missing):
            named = " and ".join(f"'{c}'" for c in columns)
            raise PositionError(f"{named} is missing in row {self.labels[missing[0]]}")
        return rows

    def order(self) -> np.ndarray:
        """Running number of each row within its level."""
        by_level = np.argsort(self.codes, kind="stable")
        counts = np.bincount(self.codes)
        out = np.empty(len(self.codes))
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        out[by_level] = np.arange(len(self.codes)) - starts
        return out

    def gaps(self, times: np.ndarray) -> np.ndarray:
        """Distances between neighbours in time within a level."""
        order = np.lexsort((times, self.codes))
        return np.diff(times[order])[np.diff(self.codes[order]) == 0]


def row_values(data: pd.DataFrame, columns: Sequence[str], group: str) -> np.ndarray:
    """Numbers of one or more columns; one column may hold a pair or triple in each row.

    Dates count in days since 1970, so that later rows are placed among earlier ones, durations in
    days too, and periods in their own number since then: months if they are months.

    Returns
    -------
    ndarray of shape (n,) or (n, dim)

    Raises
    ------
    PositionError
        A column is absent or not numeric.
    """
    parts = []
    for name in columns:
        if name not in data.columns:
            near = get_close_matches(str(name), [str(c) for c in data.columns], 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise PositionError(f"the data have no column {name!r}, which places '{group}'{hint}")
        parts.append(_numbers(data[name], name))
    if len(parts) == 1:
        return parts[0]
    return np.hstack([np.reshape(p, (len(p), -1)) for p in parts])


def _numbers(column: pd.Series, name: str) -> np.ndarray:
    if pd.api.types.infer_dtype(column, skipna=True) in DATES:
        column = pd.to_datetime(column)
    if pd.api.types.is_datetime64_any_dtype(column):
        origin = pd.Timestamp(0, tz=column.dt.tz)
        return ((column - origin) / pd.Timedelta(days=1)).to_numpy(float)
    if pd.api.types.is_timedelta64_dtype(column):
        return (column / pd.Timedelta(days=1)).to_numpy(float)
    if isinstance(column.dtype, pd.PeriodDtype):
        return np.where(column.isna(), np.nan, pd.PeriodIndex(column).asi8)
    try:
        if pd.api.types.is_numeric_dtype(column):
            return column.to_numpy(float, na_value=np.nan)
        return np.array([np.asarray(v, dtype=float) for v in column])
    except (TypeError, ValueError) as error:
        raise PositionError(
            f"column {name!r} holds neither numbers nor coordinates of one length"
        ) from error
