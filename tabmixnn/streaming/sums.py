"""The sufficient statistics of rows, one batch after the other or partitions side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tabmixnn.estimators.weights import read_weights
from tabmixnn.formula import Design
from tabmixnn.inference.marginal.batches import Batch
from tabmixnn.inference.marginal.pieces import Pieces
from tabmixnn.streaming.partitions import Partitions
from tabmixnn.streaming.progress import CountLine
from tabmixnn.streaming.rows import FileRows, check_known, complete_rows, only_complete

AT_ONCE = 64
"""Partitions whose sums are in memory at a time."""


@dataclass(frozen=True)
class Reader:
    """From rows as they are stored to what is summed; goes to other processes and machines.

    Parameters
    ----------
    design : Design
    names : list of str
        Columns that may not be missing.
    weights : str or None
        Column of weights.
    """

    design: Design
    names: list[str]
    weights: str | None

    @classmethod
    def of(cls, design: Design, rows: FileRows) -> Reader:
        """Read a design's rows."""
        return cls(design, rows.columns, rows.weights)

    def __call__(self, data: pd.DataFrame) -> Batch:
        """Return the complete rows of a data frame."""
        data = only_complete(data, self.names)
        frame = check_known(self.design.frame(data))
        weights = None if self.weights is None else read_weights(data, self.weights, None)
        return Batch(frame.X, frame.y, frame.offset, frame.blocks, weights)


class SummedRows:
    """The rows of a source, to be summed or looked at in batches.

    Parameters
    ----------
    design : Design
        Learned from the rows.
    rows : FileRows
    """

    def __init__(self, design: Design, rows: FileRows) -> None:
        self.rows, self.reader = rows, Reader.of(design, rows)

    def __call__(self) -> Iterator[Batch]:
        """Yield all rows, in batches."""
        for data in self.rows.batches("summing rows"):
            yield self.reader(data)

    def add_to(self, pieces: Pieces) -> None:
        """Add all rows to sums."""
        source = self.rows.source
        if isinstance(source, Partitions):
            self._add_partitions(source, pieces)
            return
        for batch in self():
            pieces.add(batch)

    def _add_partitions(self, source: Partitions, pieces: Pieces) -> None:
        """Sum partitions wherever Dask computes them; only sums of the levels they have travel."""
        import dask

        # Given once, not with every partition: it knows the names of all levels.
        shared = dask.delayed((self.reader, pieces.without_levels()), traverse=False)
        sums = dask.delayed(_summed)
        frame = source.frame[self.rows.columns]
        parts = [sums(part, shared) for part in frame.to_delayed()]
        line = CountLine("summing rows", self.rows.total, enabled=self.rows.progress)
        for start in range(0, len(parts), AT_ONCE):
            for found in dask.compute(*parts[start : start + AT_ONCE]):
                if found is not None:
                    pieces.merge(*found)
            line.update(sum(source.lengths[: start + AT_ONCE]))
        line.close()


def _summed(
    data: pd.DataFrame, shared: tuple[Reader, Pieces]
) -> tuple[Pieces, list[np.ndarray]] | None:
    """Return the sums of some rows, and which levels of each factor they have."""
    reader, pieces = shared
    if not complete_rows(data, reader.names).any():
        return None
    batch = reader(data)
    blocks, levels = list(batch.blocks), []
    for members in pieces.merged:
        own, codes = np.unique(blocks[members[0]].codes, return_inverse=True)
        levels.append(own)
        for position in members:
            blocks[position] = replace(blocks[position], codes=codes)
    part = pieces.of_levels([len(own) for own in levels])
    part.add(batch._replace(blocks=blocks))
    return part, levels
