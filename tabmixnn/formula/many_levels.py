"""Levels of a factor that has very many: kept as numbers, named when asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.levels import level_name

MANY = 10_000
"""Levels from which a list of names costs more than it is worth."""
SPARSE = 8
"""A table of all numbers between the smallest and the largest may be this much longer than they."""


class WholeLevels(Sequence[str]):
    """The levels of a column of whole numbers, in ascending order.

    Five million names are 320 MB as Python strings and 40 MB as numbers, and a number is found by
    its place in a table instead of by its name.

    Parameters
    ----------
    values : ndarray of int, shape (G,)
        Ascending, without repetitions.
    """

    def __init__(self, values: NDArray[np.int64]) -> None:
        low, high = int(values[0]), int(values[-1])
        small = np.iinfo(np.int32).min <= low and high <= np.iinfo(np.int32).max
        self.values = values.astype(np.int32 if small else np.int64)
        self._low, self._table = low, None
        if high - low < SPARSE * len(values):
            self._table = np.full(high - low + 1, -1, dtype=np.int32)
            self._table[values - low] = np.arange(len(values), dtype=np.int32)

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: Any) -> Any:
        found = self.values[place]
        return str(found) if np.ndim(found) == 0 else found.astype(np.str_)

    def __iter__(self) -> Iterator[str]:
        return map(str, self.values.tolist())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        width = max(len(self[0]), len(self[-1]))
        names = self.values.astype(f"U{width}")
        return names if dtype is None else names.astype(dtype, copy=False)

    def match(self, series: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
        """Return the codes of a column and the levels not among these; see `match_levels`."""
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iu":
            return self._match_numbers(series.to_numpy())
        codes, distinct = pd.factorize(series)
        texts = [level_name(value) for value in distinct.tolist()]
        own = np.array([_whole(text) for text in texts] or [0.0])
        # What is no whole number is the level of none.
        place, _ = self._match_numbers(np.where(np.isfinite(own), own, 0.0).astype(np.int64))
        place = np.append(np.where(np.isfinite(own), place, -1), -1)
        unseen = [text for text, code in zip(texts, place, strict=False) if code < 0]
        return place[codes], unseen

    def _match_numbers(self, values: NDArray) -> tuple[NDArray[np.int64], list[str]]:
        if self._table is not None:
            at = values.astype(np.int64) - self._low
            inside = (at >= 0) & (at < len(self._table))
            if inside.all():
                codes = self._table[at].astype(np.int64)
            else:
                codes = np.where(inside, self._table[np.where(inside, at, 0)], -1).astype(np.int64)
        else:
            at = np.minimum(np.searchsorted(self.values, values), len(self.values) - 1)
            codes = np.where(self.values[at] == values, at, -1)
        if len(codes) and codes.min() < 0:
            return codes, [str(value) for value in np.unique(values[codes < 0]).tolist()]
        return codes, []


class TextLevels(list[str]):
    """The levels of any other column, with an index that is made once."""

    def match(self, series: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
        """Return the codes of a column and the levels not among these; see `match_levels`."""
        from tabmixnn.formula.columns import match_names

        if not hasattr(self, "_index"):
            self._index = {level: place for place, level in enumerate(self)}
        return match_names(series, self._index)


ManyLevels = WholeLevels | TextLevels


def _whole(text: str) -> float:
    """Return the whole number that a name is, or NaN."""
    try:
        return float(int(text)) if str(int(text)) == text else np.nan
    except ValueError:
        return np.nan
