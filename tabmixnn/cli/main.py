"""From arguments to an exit code."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from tabmixnn.cli.files import DataFileError
from tabmixnn.cli.parser import make_parser
from tabmixnn.cli.words import in_options

OK, UNEXPECTED, USAGE, DATA_FILE, MODEL = 0, 1, 2, 3, 4
"""Exit codes: done; a defect of tabmixnn; wrong arguments (argparse's own); a file that cannot be
read or written; data, a formula, options or a model file that cannot be used."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; messages go to standard error.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of ``sys.argv[1:]``.
    """
    parsed = make_parser().parse_args(arguments)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            parsed.run(parsed)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail(130, "interrupted")
    except BrokenPipeError:
        # Whoever read the output has seen enough, as in `tabmixnn summary m.tmx | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (OSError, DataFileError) as error:
        return _fail(DATA_FILE, error)
    except Exception as error:
        if parsed.traceback:
            raise
        if isinstance(error, ValueError | TypeError):
            return _fail(MODEL, error)
        name = type(error).__name__
        return _fail(UNEXPECTED, f"{name}: {error} (--traceback shows where)")
    return OK


def _fail(code: int, message: Any) -> int:
    print(f"tabmixnn: {in_options(str(message))}", file=sys.stderr)
    return code


def _show_warning(message: Any, category: type, *_: Any, **__: Any) -> None:
    if not issubclass(category, DeprecationWarning):
        print(f"tabmixnn: note: {in_options(str(message))}", file=sys.stderr)
