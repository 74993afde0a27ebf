"""Errors a formula can raise: each names the character, the column or the level at fault."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FormulaError(ValueError):
    """A formula that cannot be applied to the data at hand."""


class FormulaSyntaxError(FormulaError):
    """A formula that cannot be read; the message ends in a caret line.

    Parameters
    ----------
    message : str
        What is wrong and what to write instead.
    source : str
        The formula as given.
    position : int
        Offset in `source` of the character at fault.
    """

    def __init__(self, message: str, source: str, position: int) -> None:
        self.message = message
        self.source = source
        self.position = min(max(position, 0), len(source))
        text, column = _excerpt(source, self.position)
        super().__init__(f"{message}\n  {text}\n  {' ' * column}^")

    def __reduce__(self) -> tuple:
        return type(self), (self.message, self.source, self.position)


class MissingColumnError(FormulaError):
    """A column that the formula names and the data do not have."""


class MissingValueError(FormulaError):
    """Missing or infinite values in a column that the formula needs."""


class UnseenLevelError(FormulaError):
    """A level of a fixed factor that the training data did not have."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the known name nearest to `name`, or ``""``."""
    candidates = [str(candidate) for candidate in known]
    lowered = {candidate.lower(): candidate for candidate in candidates}
    if name.lower() in lowered:
        return f" Did you mean {lowered[name.lower()]!r}?"
    nearest = difflib.get_close_matches(name, candidates, n=1, cutoff=0.5)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


def _excerpt(source: str, position: int, width: int = 60) -> tuple[str, int]:
    """Return one line around `position` and the column of `position` in it."""
    start, stop = max(0, position - width), position + width
    before = "..." if start else ""
    after = "..." if stop < len(source) else ""
    line = "".join(" " if c in "\r\n\t\v\f" else c for c in source[start:stop])
    return f"{before}{line}{after}", len(before) + position - start
