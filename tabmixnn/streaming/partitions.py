"""Rows in a Dask data frame, whose partitions are read, and summed, where they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from tabmixnn.streaming.source import BATCH_ROWS, Source


class Partitions(Source):
    """The rows of a Dask data frame, in the order of its partitions.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
    """

    def __init__(self, frame: Any) -> None:
        self.frame, self.name = frame, "the Dask data frame"

    @property
    def columns(self) -> list[str]:
        return list(self.frame.columns)

    @cached_property
    def lengths(self) -> list[int]:
        """Number of rows of each partition."""
        return self.frame.map_partitions(len).compute().tolist()

    @property
    def n_rows(self) -> int:
        return sum(self.lengths)

    def _check_types(self, names: Collection[str]) -> None:
        """Do nothing: Dask says the type of a column once."""

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
        for block in self.blocks():
            yield from block.batches(columns, rows)

    def blocks(self) -> list[Partition]:
        blocks, start = [], 0
        for number, n_rows in enumerate(self.lengths):
            blocks.append(Partition(self.frame.get_partition(number), start, n_rows))
            start += n_rows
        return [block for block in blocks if block.n_rows]


class Partition:
    """A partition, which can be read as a row group of a file is.

    Parameters
    ----------
    frame : dask.dataframe.DataFrame
        With this partition alone.
    start, n_rows : int
        Position of the first row, and their number.
    """

    def __init__(self, frame: Any, start: int, n_rows: int) -> None:
        self.frame, self.start, self.n_rows = frame, start, n_rows

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
        """Yield the rows in order; see `Source.batches`."""
        data = self.frame[list(columns)].compute()
        data.index = pd.RangeIndex(self.start, self.start + len(data))
        for first in range(0, len(data), rows):
            yield data.iloc[first : first + rows]
