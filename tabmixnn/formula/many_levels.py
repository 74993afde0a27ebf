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

    def __init__(self, values: NDArray[np.integer]) -> None:
        self._low, self._high = int(values[0]), int(values[-1])
        kinds = (np.int32, np.int64, np.uint64)
        self.values = values.astype(next(kind for kind in kinds if self._fits(kind)))
        self._table = None
        if self._high - self._low < SPARSE * len(values):
            self._table = np.full(self._high - self._low + 1, -1, dtype=np.int32)
            self._table[self.values - self.values[0]] = np.arange(len(values), dtype=np.int32)

    def _fits(self, kind: type[np.integer]) -> bool:
        return np.iinfo(kind).min <= self._low and self._high <= np.iinfo(kind).max

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
        # What is no whole number is the level of none.
        whole = [_whole(text, self._low - 1) for text in texts]
        inside = [self._low <= each <= self._high for each in whole]
        own = [each if is_in else self._low for each, is_in in zip(whole, inside, strict=True)]
        place, _ = self._match_numbers(np.array(own, dtype=self.values.dtype))
        place = np.append(np.where(inside, place, -1), -1)
        unseen = [text for text, code in zip(texts, place, strict=False) if code < 0]
        return place[codes], unseen

    def _match_numbers(self, values: NDArray) -> tuple[NDArray[np.int64], list[str]]:
        inside = (values >= self._low) & (values <= self._high)
        if inside.all():
            codes = self._places(values.astype(self.values.dtype, copy=False))
        else:
            codes = np.full(len(values), -1, dtype=np.int64)
            codes[inside] = self._places(values[inside].astype(self.values.dtype))
        if len(codes) and codes.min() < 0:
            return codes, [str(value) for value in np.unique(values[codes < 0]).tolist()]
        return codes, []

    def _places(self, values: NDArray) -> NDArray[np.int64]:
        """Return the places of numbers between the first and the last level, in their type."""
        if self._table is not None:
            return self._table[values - self.values[0]].astype(np.int64)
        at = np.searchsorted(self.values, values)
        return np.where(self.values[at] == values, at, -1)


class TextLevels(list[str]):
    """The levels of any other column, with an index that is made once."""

    def match(self, series: pd.Series) -> tuple[NDArray[np.int64], list[str]]:
        """Return the codes of a column and the levels not among these; see `match_levels`."""
        from tabmixnn.formula.columns import match_names

        if not hasattr(self, "_index"):
            self._index = {level: place for place, level in enumerate(self)}
        return match_names(series, self._index)


ManyLevels = WholeLevels | TextLevels


def _whole(text: str, other: int) -> int:
    """Return the whole number that a name is, 1 for 1.0 as for 1, or `other` if it is none."""
    number = text.removesuffix(".0")
    try:
        return int(number) if str(int(number)) == number else other
    except ValueError:
        return other
