"""Rows in Parquet files, read in batches."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tabmixnn.formula.errors import MissingColumnError, suggest
from tabmixnn.streaming.errors import DataSourceError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.dataset as ds
    from pandas.api.extensions import ExtensionDtype

BATCH_ROWS = 1 << 18
"""Rows that are in memory at a time: a few MB a column."""
NULLABLE = {
    str(kind.numpy_dtype): kind
    for kind in (
        *(pd.Int8Dtype(), pd.Int16Dtype(), pd.Int32Dtype(), pd.Int64Dtype()),
        *(pd.UInt8Dtype(), pd.UInt16Dtype(), pd.UInt32Dtype(), pd.UInt64Dtype()),
    )
}
"""pandas' integers that have missing values, by the names of numpy's, which have none."""


def is_source(data: Any) -> bool:
    """Return whether `data` says where rows are: a path, a dataset of pyarrow, a Dask frame."""
    if isinstance(data, str | os.PathLike | Source) or _is_dask(data):
        return True
    return type(data).__module__.startswith("pyarrow.") and hasattr(data, "get_fragments")


def _is_dask(data: Any) -> bool:
    return type(data).__module__.startswith("dask.dataframe") and hasattr(data, "npartitions")


class Source:
    """The rows of a dataset of pyarrow, in their order.

    Parameters
    ----------
    dataset : pyarrow.dataset.Dataset
    name : str
        For messages.
    """

    def __init__(self, dataset: ds.Dataset, name: str) -> None:
        self.dataset, self.name = dataset, name

    @classmethod
    def open(cls, data: Any) -> Source:
        """Return the rows of a Parquet file or a folder of them, a pyarrow dataset, a Dask frame.

        Raises
        ------
        DataSourceError
            If pyarrow is not installed, the file is no Parquet file, or there are no rows.
        FileNotFoundError
            If there is no such file or folder.
        TypeError
            If `data` are something else, such as rows in memory.
        """
        if isinstance(data, Source):
            return data
        if not is_source(data):
            raise TypeError(
                "Rows are read in batches from the path of a Parquet file or of a folder of them, "
                f"a pyarrow Dataset or a Dask data frame; got {type(data).__name__}. Rows in "
                "memory go to predict() or fit()."
            )
        if _is_dask(data):
            from tabmixnn.streaming.partitions import Partitions

            source = Partitions(data)
            source._check_rows()
            return source
        if not isinstance(data, str | os.PathLike):
            source = cls(data, "the dataset")
        else:
            path = Path(data)
            if not path.exists():
                raise FileNotFoundError(f"{path}: there is no such file or folder.")
            source = cls(_dataset(path), str(path))
        source._check_rows()
        return source

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.dataset.schema.names)

    @property
    def n_rows(self) -> int:
        """Number of rows, which the files' footers say."""
        return self.dataset.count_rows()

    def check_columns(self, names: Sequence[str]) -> None:
        """Check that there are columns of these names, and that the files agree on them.

        Raises
        ------
        DataSourceError
            If one file has text where another has numbers.
        MissingColumnError
            Naming the one that is absent and the one nearest to it.
        """
        for name in names:
            if name not in self.columns:
                raise MissingColumnError(
                    f"{self.name} has no column {name!r}.{suggest(name, self.columns)}"
                )
        self._check_types(names)

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
        """Yield the rows in order, indexed by their positions.

        Parameters
        ----------
        columns : sequence of str
            Columns to read.
        rows : int
            Most rows of a batch.
        """
        yield from _frames(self.dataset, columns, rows, 0)

    def blocks(self) -> list[Block]:
        """Return the row groups, which can be read in any order."""
        blocks, start = [], 0
        for fragment in self.dataset.get_fragments():
            split = getattr(fragment, "split_by_row_group", None)
            for part in [fragment] if split is None else split():
                # A part of a file counts the rows of the whole file.
                groups = [] if split is None else part.row_groups
                n_rows = sum(each.num_rows for each in groups) or part.count_rows()
                blocks.append(Block(part, self.dataset.schema, start, n_rows))
                start += n_rows
        return [block for block in blocks if block.n_rows]

    def _check_rows(self) -> None:
        if self.n_rows == 0:
            raise DataSourceError(f"{self.name} has no rows.")

    def _check_types(self, names: Collection[str]) -> None:
        """Refuse files of which one has text where another has numbers, in these columns.

        In a file of its own a column without any value is of type null, which can be read as any.
        """
        expected = self.dataset.schema
        for fragment in self.dataset.get_fragments():
            for field in fragment.physical_schema:
                if field.name not in names:
                    continue
                wanted = expected.field(field.name).type
                if _kind(field.type) not in (_kind(wanted), "null"):
                    raise DataSourceError(
                        f"Column {field.name!r} is of type {field.type} in "
                        f"{getattr(fragment, 'path', 'one part')} and of type {wanted} in other "
                        f"files of {self.name}; write them with one type."
                    )


class Block:
    """Neighbouring rows that are stored together: a row group.

    Parameters
    ----------
    fragment : pyarrow.dataset.Fragment
    schema : pyarrow.Schema
    start, n_rows : int
        Position of the first row, and their number.
    """

    def __init__(self, fragment: ds.Fragment, schema: pa.Schema, start: int, n_rows: int) -> None:
        self.fragment, self.schema, self.start, self.n_rows = fragment, schema, start, n_rows

    def batches(self, columns: Sequence[str], rows: int = BATCH_ROWS) -> Iterator[pd.DataFrame]:
        """Yield the rows in order; see `Source.batches`."""
        yield from _frames(self.fragment, columns, rows, self.start, schema=self.schema)


def _frames(
    part: Any, columns: Sequence[str], rows: int, start: int, **options: Any
) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    import pyarrow.dataset as ds

    # Without reading ahead: memory is to hold one batch, and the rows are soon read. What is
    # buffered of Parquet would stay until the end of the file.
    if isinstance(getattr(part, "format", None), ds.ParquetFileFormat):
        options["fragment_scan_options"] = ds.ParquetFragmentScanOptions(pre_buffer=False)
    scanner = part.scanner(
        columns=list(columns), batch_size=rows, batch_readahead=1, fragment_readahead=1, **options
    )
    try:
        for batch in scanner.to_batches():
            if not batch.num_rows:
                continue
            frame = pa.Table.from_batches([batch]).to_pandas(
                ignore_metadata=True, types_mapper=_with_gaps(batch).get
            )
            frame.index = pd.RangeIndex(start, start + len(frame))
            start += len(frame)
            yield frame
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataSourceError(f"The data cannot be read: {error}") from error


def _with_gaps(batch: pa.RecordBatch) -> dict[pa.DataType, ExtensionDtype]:
    """Return the types of integers of which some are missing; floats would round long ones."""
    import pyarrow.types as types

    kinds = {column.type for column in batch.columns if column.null_count}
    return {kind: NULLABLE[str(kind)] for kind in kinds if types.is_integer(kind)}


def _dataset(path: Path) -> ds.Dataset:
    try:
        import pyarrow as pa
        import pyarrow.dataset as ds
    except ImportError:
        raise DataSourceError(
            f"{path}: reading Parquet needs pyarrow; install tabmixnn[large]."
        ) from None
    try:
        dataset = ds.dataset(path, format="parquet", partitioning="hive" if path.is_dir() else None)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OSError) as error:
        raise DataSourceError(f"{path} cannot be read as Parquet: {error}") from error
    if not dataset.files:
        raise DataSourceError(f"{path} is a folder without Parquet files.")
    return _typed(dataset)


def _typed(dataset: ds.Dataset) -> ds.Dataset:
    """Give columns without any value in the first file the type that they have in another."""
    import pyarrow.types as types

    schema = dataset.schema
    open_names = {field.name for field in schema if types.is_null(field.type)}
    for fragment in dataset.get_fragments() if open_names else ():
        for field in fragment.physical_schema:
            if field.name in open_names and not types.is_null(field.type):
                schema = schema.set(schema.get_field_index(field.name), field)
                open_names.remove(field.name)
        if not open_names:
            break
    return dataset.replace_schema(schema)


def _kind(kind: pa.DataType) -> str:
    """Return what is common to types of which one can be read as the other."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return "number"
    text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return "text" if text else "null" if types.is_null(kind) else str(kind)
