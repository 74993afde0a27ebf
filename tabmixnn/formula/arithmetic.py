"""Arithmetic inside ``I()``, in arguments of transforms and in the response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Logical,
    Name,
    Node,
    Number,
    Paren,
    String,
    Unary,
    deparse,
    signed_parts,
)

OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


class Source(Protocol):
    """Where the numbers come from."""

    def column_numbers(self, name: str) -> NDArray[np.float64]:
        """Return a numeric column, shape (n,)."""
        ...

    def column_equals(self, name: str, level: str) -> NDArray[np.bool_]:
        """Return where a categorical column has a level, shape (n,)."""
        ...

    def call(self, node: Call) -> NDArray:
        """Return the value of a call, shape (n,) or (n, k)."""
        ...


def evaluate(node: Node, source: Source) -> Any:
    """Evaluate an expression to an array of shape (n,), or to a number if it names no column.

    What is undefined comes out as NaN or infinity; the caller says in which rows.

    Raises
    ------
    FormulaError
        If part of the expression has several columns, or is not a number.
    """
    match node:
        case Number() | Logical():
            return np.float64(node.value)
        case Name():
            return source.column_numbers(node.name)
        case Paren():
            return evaluate(node.inner, source)
        case Call():
            return _single_column(source.call(node), node)
        case Unary() | Binary(operator="+" | "-"):
            (sign, first), *rest = signed_parts(node)
            total = evaluate(first, source) * (1.0 if sign == "+" else -1.0)
            for operator, part in rest:
                total = OPERATIONS[operator](total, evaluate(part, source))
            return total
        case Binary(left=String()) | Binary(right=String()):
            return _compare_level(node, source)
        case Binary():
            left, right = evaluate(node.left, source), evaluate(node.right, source)
            with np.errstate(all="ignore"):
                return OPERATIONS[node.operator](left, right)
    raise FormulaError(f"{deparse(node)} is not a number")


def _single_column(values: NDArray, node: Node) -> NDArray:
    if values.ndim < 2:
        return values
    if values.shape[1] > 1:
        raise FormulaError(
            f"{deparse(node)} has {values.shape[1]} columns and cannot be part of arithmetic"
        )
    return values[:, 0]


def _compare_level(node: Binary, source: Source) -> NDArray[np.bool_]:
    name, level = node.left, node.right
    if isinstance(name, String):
        name, level = level, name
    if node.operator not in ("==", "!=") or not isinstance(name, Name):
        raise FormulaError(f"{deparse(node)}: a column can only be == or != to a string")
    assert isinstance(level, String)
    equal = source.column_equals(name.name, level.value)
    return equal if node.operator == "==" else ~equal
