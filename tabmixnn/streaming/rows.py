"""The complete rows of a file, for a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tabmixnn.formula.errors import FormulaError, MissingValueError
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.streaming.errors import DataSourceError
from tabmixnn.streaming.progress import CountLine
from tabmixnn.streaming.source import Block, Source

SAMPLE_ROWS = 1 << 16
"""Rows, taken evenly from all over the file, that stand for it where a guess will do."""


class FileRows:
    """The rows of a source without missing values in the columns that are needed.

    Those are the formula's, and that of weights.

    Parameters
    ----------
    source : Source
    names : sequence of str
        Columns of the formula.
    weights : str or None
        Column of weights.
    na_action : {"raise", "omit"}
    progress : bool
        Whether to show how far reading is.

    Attributes
    ----------
    n : int
        Number of rows without missing values; known after `check`.
    sample : DataFrame
        Some of them, the first among them; known after `check`.
    """

    def __init__(
        self,
        source: Source,
        names: Sequence[str],
        weights: str | None,
        na_action: str,
        *,
        progress: bool,
    ) -> None:
        self.source, self.names, self.weights = source, list(names), weights
        self.na_action, self.progress = na_action, progress
        self.total = source.n_rows
        self.n = 0
        self.sample = pd.DataFrame()

    @property
    def columns(self) -> list[str]:
        """All columns that are read."""
        more = [] if self.weights is None or self.weights in self.names else [self.weights]
        return [*self.names, *more]

    def batches(self, what: str, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
        """Yield the complete rows in batches, indexed by their positions in the file.

        Parameters
        ----------
        what : str
            What they are read for, to show.
        columns : sequence of str, optional
            Those of the columns that are wanted.
        """
        read = self.columns if self.n < self.total or columns is None else list(columns)
        line, done = CountLine(what, self.total, enabled=self.progress), 0
        for data in self.source.batches(read):
            done += len(data)
            line.update(done)
            if self.n < self.total:
                data = only_complete(data, self.columns)
            if len(data):
                yield data
        line.close()

    def of(self, block: Block) -> Iterator[pd.DataFrame]:
        """Yield the complete rows of a block in batches, indexed by their positions."""
        for data in block.batches(self.names):
            if self.n < self.total:
                data = only_complete(data, self.names)
            if len(data):
                yield data

    def check(self) -> Iterator[pd.DataFrame]:
        """Yield the complete rows the first time: count them, and refuse those that are missing.

        Raises
        ------
        MissingValueError
            With ``na_action="raise"``, when all have been read: naming the first column with
            missing values, and how many there are.
        FormulaError
            If no row is complete.
        ValueError
            If weights are not positive.
        """
        missing = dict.fromkeys(self.columns, 0)
        parts: list[pd.DataFrame] = []
        step = max(1, self.total // SAMPLE_ROWS)
        bad, first = 0, 0
        line, done = CountLine("looking for levels", self.total, enabled=self.progress), 0
        for data in self.source.batches(self.columns):
            done += len(data)
            line.update(done)
            for name in self.columns:
                missing[name] += int(data[name].isna().sum())
            data = only_complete(data, self.columns)
            if self.weights is not None:
                wrong = ~_positive(data[self.weights])
                first = int(data.index[np.argmax(wrong)]) if wrong.any() and not bad else first
                bad += int(wrong.sum())
            self.n += len(data)
            if len(data):
                # The first complete row is always there. A copy: a slice would keep the batch.
                start = -data.index[0] % step if parts else 0
                parts.append(data.iloc[start::step].copy())
                yield data
        line.close()
        self._refuse_missing(missing)
        if bad:
            raise ValueError(
                f"Weights must be positive; column {self.weights!r} has {bad} that are not, the "
                f"first in row {first}. Leave such rows out."
            )
        self.sample = pd.concat(parts)

    def counted(self, values: np.ndarray) -> np.ndarray:
        """Return different responses, one alone as often as it occurs, which messages say."""
        return np.broadcast_to(values, self.n) if len(values) == 1 else values

    def _refuse_missing(self, missing: dict[str, int]) -> None:
        for name, count in missing.items():
            if count and self.na_action == "raise":
                raise MissingValueError(
                    f"column {name!r} is missing in {count} of {self.total} rows; fill them in, "
                    "or leave these rows out with na_action='omit'"
                )
        if not self.n:
            raise FormulaError("every row has a missing value in a variable that the model needs")


def complete_rows(data: pd.DataFrame, names: Sequence[str]) -> np.ndarray:
    """Return which rows have no missing value in these columns, shape (n,)."""
    incomplete = np.zeros(len(data), dtype=bool)
    for name in names:
        incomplete |= data[name].isna().to_numpy()
    return ~incomplete


def only_complete(data: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return the rows that have no missing value in these columns.

    Their integers are numpy's, as those of a batch in which nothing is missing.
    """
    data = data[complete_rows(data, names)]
    kinds = {name: data[name].dtype for name in names}
    whole = {
        name: kind.numpy_dtype
        for name, kind in kinds.items()
        if isinstance(kind, pd.api.extensions.ExtensionDtype)
        and kind.kind in "iu"
        and hasattr(kind, "numpy_dtype")
    }
    return data.astype(whole) if whole else data


def check_known(frame: ModelFrame) -> ModelFrame:
    """Return the frame of training rows if all of their levels are known.

    Codes of rows index sums and effects, where -1 would be the last level.

    Raises
    ------
    DataSourceError
        Naming a factor that has other levels than when they were looked for.
    """
    new = [each.column for each in frame.unseen]
    new += [block.group for block in frame.blocks if block.codes.min(initial=0) < 0]
    if new:
        raise DataSourceError(
            f"{new[0]} has levels that it did not have when the rows were read before. Rows have "
            "to be the same whenever they are read; write them to a file first."
        )
    return frame


def _positive(column: pd.Series) -> np.ndarray:
    try:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Weights must be numbers; check column {column.name!r}.") from error
    return np.isfinite(values) & (values > 0)
