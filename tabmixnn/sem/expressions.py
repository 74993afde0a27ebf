"""Arithmetic in model strings: fixed values, ``:=``, ``==``, ``<`` and ``>``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabmixnn.sem.errors import LavaanSyntaxError
from tabmixnn.sem.tokens import Token

FUNCTIONS: dict[str, Callable[[Any], Any]] = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt}
BINARY: dict[str, tuple[int, Callable[[Any, Any], Any]]] = {
    "+": (1, lambda a, b: a + b),
    "-": (1, lambda a, b: a - b),
    "*": (2, lambda a, b: a * b),
    "/": (2, lambda a, b: a / b),
    "^": (4, lambda a, b: a**b),
}
UNARY_PRECEDENCE = 3  # -a^2 is -(a^2) in R

Value = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Expression:
    """An arithmetic expression in the model's labels.

    Parameters
    ----------
    text : str
        Without white space, as lavaan keeps it.
    names : tuple of str
        The labels it refers to, in the order of their first appearance.
    value : callable
        From a mapping of labels to numbers (complex ones too, which is how it is differentiated)
        to a number.
    source : tuple
        The tokens and the model string it was read from.
    """

    text: str
    names: tuple[str, ...]
    value: Value
    source: tuple[tuple[Token, ...], str]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the source: functions made while reading cannot be pickled."""
        return parse_expression, self.source

    def gradient(self, at: Mapping[str, float]) -> dict[str, float]:
        """Return the derivative with respect to every label.

        By a complex step (Squire and Trapp 1998), which has no rounding error to speak of.
        """
        step = 1e-30
        return {
            name: float(np.imag(self.value({**at, name: complex(at[name], step)})) / step)
            for name in self.names
        }


def parse_expression(tokens: Sequence[Token], model: str) -> Expression:
    """Read an expression of numbers, labels, ``+ - * / ^``, parentheses and `FUNCTIONS`.

    Parameters
    ----------
    tokens : sequence of Token, not empty
    model : str
        The model string, for error messages.

    Raises
    ------
    LavaanSyntaxError
        Where it stops being one.
    """
    reader = _Reader(tokens, model)
    value = reader.operand(0)
    if reader.ahead is not None:
        reader.fail(f"{reader.ahead.text!r} does not continue an expression")
    text = "".join(token.text.strip("\"'") for token in tokens)
    return Expression(text, tuple(reader.names), value, (tuple(tokens), model))


class _Reader:
    """Precedence climbing."""

    def __init__(self, tokens: Sequence[Token], model: str) -> None:
        self.tokens = tokens
        self.model = model
        self.position = 0
        self.names: dict[str, None] = {}

    @property
    def ahead(self) -> Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def fail(self, problem: str) -> None:
        token = self.ahead
        if token is None:
            last = self.tokens[-1]
            raise LavaanSyntaxError(problem, self.model, last.line, last.column + len(last.text))
        raise LavaanSyntaxError(problem, self.model, token.line, token.column)

    def operand(self, precedence: int) -> Value:
        left = self.prefix()
        while (token := self.ahead) is not None and token.text in BINARY:
            strength, function = BINARY[token.text]
            if strength < precedence or (strength == precedence and token.text != "^"):
                break
            self.position += 1
            left = _binary(function, left, self.operand(strength))
        return left

    def prefix(self) -> Value:
        token = self.ahead
        if token is None:
            self.fail("the expression ends too early")
        self.position += 1
        if token.kind == "number":
            number = float(token.text)
            return lambda at: number
        if token.text in ("-", "+"):
            operand = self.operand(UNARY_PRECEDENCE)
            return operand if token.text == "+" else lambda at: -operand(at)
        if token.text == "(":
            inner = self.operand(0)
            self.close()
            return inner
        if token.text in FUNCTIONS and self.ahead is not None and self.ahead.text == "(":
            self.position += 1
            function, inner = FUNCTIONS[token.text], self.operand(0)
            self.close()
            return lambda at: function(inner(at))
        if token.kind in ("name", "string"):
            name = token.text.strip("\"'")
            if self.ahead is not None and self.ahead.text == "(":
                self.position -= 1
                known = ", ".join(sorted(FUNCTIONS))
                self.fail(f"there is no function {name!r}; use one of {known}")
            self.names[name] = None
            return lambda at: at[name]
        self.position -= 1
        self.fail(f"{token.text!r} cannot be a number or a label")
        raise AssertionError

    def close(self) -> None:
        if self.ahead is None or self.ahead.text != ")":
            self.fail("a closing parenthesis is missing")
        self.position += 1


def _binary(function: Callable[[Any, Any], Any], left: Value, right: Value) -> Value:
    return lambda at: function(left(at), right(at))
