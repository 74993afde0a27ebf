"""Tables in files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}
PARQUET = (".parquet", ".pq")


class DataFileError(Exception):
    """A table cannot be read or written."""


def check_format(path: str) -> str:
    """Return the suffix of a path if it is one of a table, ``.csv`` for ``"-"``.

    Raises
    ------
    DataFileError
        If it is another one.
    """
    suffix = ".csv" if path == "-" else Path(path).suffix.lower()
    if suffix not in (*SEPARATORS, *PARQUET):
        known = ", ".join((*SEPARATORS, PARQUET[0]))
        raise DataFileError(f"{path}: the name of a table has to end in {known}.")
    return suffix


def check_streams(path: str) -> str:
    """Return a path if it is of a table that can be read in batches.

    Raises
    ------
    DataFileError
        If it is of another table.
    FileNotFoundError
        If there is no such file.
    """
    if check_format(path) not in PARQUET:
        raise DataFileError(f"{path}: --stream reads Parquet; write the table as {PARQUET[0]}.")
    if not Path(path).exists():
        raise FileNotFoundError(f"{path}: there is no such file.")
    return path


def read_table(path: str) -> pd.DataFrame:
    """Read a table.

    Raises
    ------
    DataFileError
        If it is no table, or has no rows.
    FileNotFoundError
        If there is no such file.
    """
    import pandas as pd

    suffix = check_format(path)
    try:
        if suffix in PARQUET:
            data = pd.read_parquet(path)
        else:
            source = sys.stdin if path == "-" else path
            data = pd.read_csv(source, sep=SEPARATORS[suffix])
    except ImportError:
        raise DataFileError(f"{path}: reading Parquet needs pyarrow; install it.") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path} cannot be read as {suffix}: {error}") from error
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"{path}: there is no such file.") from None
        raise DataFileError(f"{path} cannot be read: {error}") from error
    if not len(data):
        raise DataFileError(f"{path} has no rows.")
    return data


def write_table(data: pd.DataFrame, path: str) -> None:
    """Write a table, without its index."""
    suffix = check_format(path)
    if suffix in PARQUET:
        try:
            data.to_parquet(path, index=False)
        except ImportError:
            raise DataFileError(f"{path}: writing Parquet needs pyarrow; install it.") from None
        return
    target = sys.stdout if path == "-" else path
    data.to_csv(target, sep=SEPARATORS[suffix], index=False)
