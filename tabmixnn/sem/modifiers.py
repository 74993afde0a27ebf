"""What stands before a variable: ``0.5*x``, ``a*x``, ``NA*x``, ``start(0.1)*x``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np

from tabmixnn.sem.errors import LavaanSyntaxError
from tabmixnn.sem.expressions import parse_expression
from tabmixnn.sem.tokens import Token


@dataclass(frozen=True)
class Modifiers:
    """Modifiers of one parameter.

    Parameters
    ----------
    fixed : float or None
        Its value; NaN for ``NA*``, which frees a parameter that is fixed by default.
    start : float or None
        Where to start.
    label : str or None
        Its name; parameters with the same one are equal.
    """

    fixed: float | None = None
    start: float | None = None
    label: str | None = None

    def merge(self, other: Modifiers) -> Modifiers:
        """Return both; where both say something, the first counts."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Modifiers(*(second if first is None else first for first, second in pairs))


NO_MODIFIERS = Modifiers()


def read_modifier(tokens: Sequence[Token], sign: str, model: str) -> Modifiers:
    """Read what stands before ``*`` or, for a starting value, before ``?``.

    Raises
    ------
    LavaanSyntaxError
        If it is no modifier, or one of several groups.
    """
    first = tokens[0]
    if sign == "?":
        return Modifiers(start=_number(tokens, model))
    if len(tokens) == 1:
        if first.text == "NA":
            return Modifiers(fixed=math.nan)
        if first.kind in ("name", "string"):
            return Modifiers(label=first.text.strip("\"'"))
    if first.kind == "name" and len(tokens) > 1 and tokens[1].text == "(":
        if first.text in FUNCTIONS:
            inner = _arguments(tokens, model)
            return FUNCTIONS[first.text](inner, model)
        if first.text in ("lower", "upper"):
            raise LavaanSyntaxError(
                f"{first.text}() is not supported; give the parameter a label and write the bound "
                "as a constraint such as 'a > 0'",
                model,
                first.line,
                first.column,
            )
    return Modifiers(fixed=_number(tokens, model))


def _arguments(tokens: Sequence[Token], model: str) -> Sequence[Token]:
    """Return what stands between the parentheses of a modifier with one argument."""
    last = tokens[-1]
    if last.text != ")" or len(tokens) < 4:
        raise LavaanSyntaxError(
            f"{tokens[0].text}() needs one argument", model, tokens[0].line, tokens[0].column
        )
    comma = next((token for token in tokens if token.text == ","), None)
    if comma is not None:
        raise LavaanSyntaxError(
            "several values are for several groups, which are not supported; give one",
            model,
            comma.line,
            comma.column,
        )
    return tokens[2:-1]


def _number(tokens: Sequence[Token], model: str) -> float:
    expression = parse_expression(tokens, model)
    if expression.names:
        name = expression.names[0]
        where = next(token for token in tokens if token.text.strip("\"'") == name)
        raise LavaanSyntaxError(
            f"{name!r} is not a number; a modifier is one label or one number",
            model,
            where.line,
            where.column,
        )
    try:
        with np.errstate(invalid="raise", divide="raise", over="raise"):
            value = float(expression.value({}))
    except (ArithmeticError, TypeError):
        value = math.nan
    if not math.isfinite(value):
        first = tokens[0]
        raise LavaanSyntaxError(
            f"{expression.text} is not a finite number", model, first.line, first.column
        )
    return value


def _label(tokens: Sequence[Token], model: str) -> Modifiers:
    if len(tokens) != 1 or tokens[0].kind not in ("name", "string"):
        raise LavaanSyntaxError("a label is missing", model, tokens[0].line, tokens[0].column)
    return Modifiers(label=tokens[0].text.strip("\"'"))


FUNCTIONS: dict[str, Callable[[Sequence[Token], str], Modifiers]] = {
    "start": lambda tokens, model: Modifiers(start=_number(tokens, model)),
    "label": _label,
    "equal": _label,
    "c": lambda tokens, model: read_modifier(tokens, "*", model),
}
"""Modifiers written as calls. ``equal("f=~x2")`` takes the other parameter for the label."""
