"""The syntax tree of a formula, and how R prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SYNTACTIC = re.compile(r"(?:[^\W\d_]|\.(?!\d))[\w.]*\Z")
_RESERVED = frozenset({"TRUE", "FALSE", "True", "False", "NULL", "NA", "NaN", "Inf"}) | frozenset(
    {"if", "else", "repeat", "while", "function", "for", "next", "break", "in"}
)
_TIGHT = frozenset({"^", ":", "/"})


@dataclass(frozen=True)
class Node:
    """A part of the tree; `position` is its offset in the formula's text."""

    position: int = field(kw_only=True, default=0, compare=False)


@dataclass(frozen=True)
class Name(Node):
    """A column."""

    name: str


@dataclass(frozen=True)
class Number(Node):
    """A number."""

    value: float


@dataclass(frozen=True)
class String(Node):
    """A quoted string."""

    value: str


@dataclass(frozen=True)
class Logical(Node):
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True)
class Null(Node):
    """NULL, an argument left at what the function works out itself."""


@dataclass(frozen=True)
class Call(Node):
    """A call: `arguments` are pairs of a keyword (or None) and a node."""

    function: str
    arguments: tuple[tuple[str | None, Node], ...]


@dataclass(frozen=True)
class Unary(Node):
    """A sign in front of an expression."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """Two expressions and the operator between them."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Paren(Node):
    """An expression in parentheses, which R keeps in its labels."""

    inner: Node


def quote(name: str) -> str:
    """Return `name`, in backticks where R would need them."""
    if _SYNTACTIC.match(name) and name not in _RESERVED and ".__" not in name:
        return name
    return f"`{name}`"


def strip_parens(node: Node) -> Node:
    """Return what the outermost parentheses hold."""
    while isinstance(node, Paren):
        node = node.inner
    return node


def signed_parts(node: Node, signs: str = "+-") -> list[tuple[str, Node]]:
    """Split ``a + b - c`` into its parts with the operator before each, left to right.

    A loop rather than a recursion, so that a formula with thousands of columns can be read.

    Returns
    -------
    list of (str, Node)
        The first part has the operator ``"+"`` unless a sign stands in front of it.
    """
    parts: list[tuple[str, Node]] = []
    while isinstance(node, Binary) and node.operator in signs:
        parts.append((node.operator, node.right))
        node = node.left
    if isinstance(node, Unary):
        parts.append((node.operator, node.operand))
    else:
        parts.append(("+", node))
    return parts[::-1]


def join(parts: list[tuple[str, Node]]) -> Node | None:
    """Return the sum of the parts, the inverse of :func:`signed_parts`; None for no parts."""
    total: Node | None = None
    for sign, part in parts:
        if total is None:
            total = part if sign == "+" else Unary(sign, part, position=part.position)
        else:
            total = Binary(sign, total, part, position=part.position)
    return total


def deparse(node: Node) -> str:
    """Return the text R prints for `node`: the label of a variable in a model matrix."""
    match node:
        case Name():
            return quote(node.name)
        case Number():
            return number_text(node.value)
        case String():
            return f'"{node.value}"' if '"' not in node.value else f"'{node.value}'"
        case Logical():
            return "TRUE" if node.value else "FALSE"
        case Null():
            return "NULL"
        case Call():
            arguments = (
                deparse(argument) if key is None else f"{key} = {deparse(argument)}"
                for key, argument in node.arguments
            )
            return f"{node.function}({', '.join(arguments)})"
        case Unary():
            return f"{node.operator}{deparse(node.operand)}"
        case Paren():
            return f"({deparse(node.inner)})"
        case Binary():
            return _deparse_binary(node)
    raise TypeError(f"no text for {type(node).__name__}")


def _deparse_binary(node: Binary) -> str:
    pieces: list[str] = []
    current: Node = node
    while isinstance(current, Binary):
        space = "" if current.operator in _TIGHT else " "
        pieces += [deparse(current.right), f"{space}{current.operator}{space}"]
        if current.operator == "^":
            break
        current = current.left
    left = current.left if isinstance(current, Binary) else current
    pieces.append(deparse(left))
    return "".join(reversed(pieces))


def number_text(value: float) -> str:
    """Return `value` as R prints it: 15 digits, fixed unless scientific is shorter."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "Inf", "-inf": "-Inf"}.get(str(value), "NaN")
    text = f"{value:.15g}"
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        digits = f"{value:.14e}"
        mantissa, _, exponent = digits.partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
    scientific = f"{mantissa}e{int(exponent):+03d}"
    fixed = f"{value:.15f}".rstrip("0").rstrip(".") if "e" in text else text
    if "e" in text and float(fixed) != float(text):
        return scientific
    return fixed if len(fixed) <= len(scientific) else scientific
