"""Write a file whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd


class DiskFullError(OSError):
    """The disk had no room for a file; nothing of it was left behind."""


def write_atomically(path: str | Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place.

    A run that is killed, or a disk that fills up, leaves either the old file or none: never a
    half-written one that a later run would take for finished.

    Parameters
    ----------
    path
        Where the file shall be; missing folders are made.
    write
        Called with the temporary path.

    Raises
    ------
    DiskFullError
        When the disk is full.
    """
    path = Path(path)
    # The process id keeps two writers of one file apart; the name ends like the target's, since
    # some writers choose the format by it.
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(
                error.errno,
                f"the disk is full and {str(path)!r} was not written: free some space and run "
                "again (nothing half-written was left)",
            ) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_parquet(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as Parquet, whole or not at all (see :func:`write_atomically`)."""
    write_atomically(path, lambda temporary: frame.to_parquet(temporary, index=False))


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a frame as CSV, whole or not at all (see :func:`write_atomically`)."""
    write_atomically(path, lambda temporary: frame.to_csv(temporary, index=False))
