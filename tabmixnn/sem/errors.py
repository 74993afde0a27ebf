"""Errors of structural equation models."""

from __future__ import annotations


class LavaanSyntaxError(ValueError):
    """A model string that cannot be read, with a mark under the character.

    Parameters
    ----------
    problem : str
        What is wrong, without a full stop.
    text : str
        The model string.
    line, column : int
        Where, both counted from 1.
    """

    def __init__(self, problem: str, text: str, line: int, column: int) -> None:
        lines = text.split("\n")
        shown = lines[line - 1] if line <= len(lines) else ""
        super().__init__(
            f"line {line}, character {column}: {problem}.\n{shown}\n{' ' * (column - 1)}^"
        )
        self.line = line
        self.column = column


class ModelError(ValueError):
    """A model that is well written but cannot be what is asked for."""


class ConvergenceError(ValueError):
    """The likelihood has no maximum that could be found."""
