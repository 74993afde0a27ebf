"""Tables in files."""

from __future__ import annotations

import io
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from tabmixnn.cli.ids import are_numbers

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {".csv": ",", ".tsv": "\t"}
WORDS = {",": "commas", ";": "semicolons", "\t": "tabs"}
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


def check_output(path: str, *inputs: str | None) -> None:
    """Check that a file can be written where it is to be, before anything is computed.

    Parameters
    ----------
    path : str
    *inputs : str or None
        Files that are read, which are not to be overwritten.

    Raises
    ------
    DataFileError
        If a folder or one of the inputs is there.
    FileNotFoundError
        If there is no such folder.
    """
    if path == "-":
        return
    output = Path(path)
    folder = output.absolute().parent
    if not folder.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {folder}.")
    if output.is_dir():
        raise DataFileError(f"{path} is a folder; name a file in it.")
    for each in inputs:
        if each is not None and _is_same(output, Path(each)):
            raise DataFileError(f"{path} is read, and writing would replace it; name another file.")


def _is_same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


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


def read_table(path: str, ids: Collection[str] = ()) -> pd.DataFrame:
    """Read a table.

    Parameters
    ----------
    path : str
    ids : collection of str
        Columns of ids, which stay text where numbers would not be what stands there, as 001 is
        not 1. A Parquet file has types of its own.

    Raises
    ------
    DataFileError
        If it is no table, has no rows, or its columns are separated by another character than
        its name says.
    FileNotFoundError
        If there is no such file.
    """
    import pandas as pd

    suffix = check_format(path)
    try:
        if suffix in PARQUET:
            data = pd.read_parquet(path)
        else:
            data = _read_text(path, SEPARATORS[suffix], ids)
    except ImportError:
        raise DataFileError(f"{path}: reading Parquet needs pyarrow; install it.") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path} cannot be read as {suffix}: {error}") from error
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise FileNotFoundError(f"{path}: there is no such file.") from None
        raise DataFileError(f"{path} cannot be read: {error}") from error
    _check_separated(data, path, suffix)
    if not len(data):
        raise DataFileError(f"{path} has no rows.")
    return data


def _read_text(path: str, separator: str, ids: Collection[str]) -> pd.DataFrame:
    import pandas as pd

    source = sys.stdin.read() if path == "-" else None
    # Standard input can be read once only.
    opened = (lambda: path) if source is None else (lambda: io.StringIO(source))
    header = pd.read_csv(
        opened(), sep=separator, header=None, nrows=1, dtype=str, keep_default_na=False
    )
    _check_names(header.iloc[0].tolist(), path)
    # All rows at once: a column is of numbers if all of them are.
    data = pd.read_csv(opened(), sep=separator, low_memory=False)
    numbers = [each for each in ids if each in data and _has_numbers(data[each])]
    if not numbers:
        return data
    texts = pd.read_csv(opened(), sep=separator, usecols=numbers, dtype=str)
    return data.assign(**{name: texts[name] for name in numbers if not are_numbers(texts[name])})


def _has_numbers(column: pd.Series) -> bool:
    """Whether a column was read as numbers; booleans have the names that they have anywhere."""
    import pandas as pd

    types = pd.api.types
    return types.is_numeric_dtype(column) and not types.is_bool_dtype(column)


def _check_names(names: list[str], path: str) -> None:
    """Refuse a name of two columns, of which pandas would rename one; there may be no name."""
    twice = [name for place, name in enumerate(names) if name and name in names[:place]]
    if twice:
        raise DataFileError(f"{path} has more than one column {twice[0]!r}; rename them.")


def _check_separated(data: pd.DataFrame, path: str, suffix: str) -> None:
    """Refuse a table that is one column because another character separates its columns."""
    if suffix in PARQUET or data.shape[1] != 1:
        return
    name, own = str(data.columns[0]), SEPARATORS[suffix]
    for other, word in WORDS.items():
        if other != own and other in name:
            names = [each for each, separator in SEPARATORS.items() if separator == other]
            remedy = f", or let its name end in {names[0]}" if names and path != "-" else ""
            raise DataFileError(
                f"{path} has one column, {name!r}: its columns are separated by {word}, and those "
                f"of a {suffix} file by {WORDS[own]}. Write it with {WORDS[own]}{remedy}."
            )


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
