"""The different values of a column that comes in batches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

FEWEST = 1 << 20
"""Values that are kept unsorted before they are put together."""


class DistinctNumbers:
    """Different numbers, put together seldom enough to cost less than finding them."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []
        self._loose = self._settled = 0

    def add(self, values: np.ndarray | pd.Series) -> None:
        """Look at a batch."""
        self._parts.append(pd.unique(np.asarray(values)))
        self._loose += len(self._parts[-1])
        if self._loose > max(FEWEST, self._settled):
            self._settle()

    def _settle(self) -> None:
        values = np.concatenate(self._parts)
        # Sorted in place: numpy's own unique makes a table of what are different numbers mostly.
        values.sort()
        self._parts = [values[np.append(True, values[1:] != values[:-1])]]
        self._loose, self._settled = 0, len(self._parts[0])

    def column(self) -> np.ndarray:
        """Return the values in ascending order, as integers if they are whole."""
        self._settle()
        (values,) = self._parts
        if values.dtype.kind == "f" and (values == np.trunc(values)).all():
            return values.astype(np.int64) if np.abs(values).max() < 1e15 else values
        return values


class DistinctTexts:
    """Different values of any other kind."""

    def __init__(self) -> None:
        self._seen: dict[Any, None] = {}

    def add(self, values: pd.Series) -> None:
        """Look at a batch."""
        # A series, whose list has times; that of numpy's nanoseconds has integers.
        self._seen.update(dict.fromkeys(values.drop_duplicates().tolist()))

    def column(self) -> np.ndarray:
        """Return the values, as objects."""
        out = np.empty(len(self._seen), dtype=object)
        out[:] = list(self._seen)
        return out
