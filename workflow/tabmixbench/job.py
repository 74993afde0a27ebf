"""What every job of the workflow does around its work: a log, progress, one sentence on failure."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def job(log: str | Path) -> Iterator[Callable[[str], None]]:
    """Run a job's work: lines reported go to its log and to the terminal.

    An expected failure (bad data, no package, a full disk) ends the process with one sentence;
    the traceback is in the log, never in the reader's way.

    Parameters
    ----------
    log : path
        The job's log file; made anew.

    Yields
    ------
    report : callable
        Takes one line of progress.
    """
    with Path(log).open("w") as file:

        def report(line: str) -> None:
            file.write(line + "\n")
            file.flush()
            print(line, file=sys.stderr, flush=True)

        try:
            yield report
        except (ValueError, OSError, ImportError, RuntimeError) as error:
            traceback.print_exc(file=file)
            raise SystemExit(f"error: {sentence(error)} (details: {log})") from None
        except Exception:
            traceback.print_exc(file=file)
            raise


def sentence(error: BaseException) -> str:
    """One sentence for a person: what failed and what to do."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" while writing {error.filename}" if error.filename else ""
        return f"the disk is full{where}: free some space and run the same command again"
    return f"{error}".strip() or type(error).__name__
