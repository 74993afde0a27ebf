"""Tokens to a syntax tree, with R's operator precedence.

A formula is data: the parser knows names, numbers, strings, operators and calls of the functions
in :mod:`tabmixnn.formula.functions`. There is nothing in the tree that could run anything else.
"""

from __future__ import annotations

from functools import lru_cache

from tabmixnn.formula.errors import FormulaSyntaxError, suggest
from tabmixnn.formula.functions import ALLOWED_FUNCTIONS
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Logical,
    Name,
    Node,
    Null,
    Number,
    Paren,
    String,
    Unary,
)
from tabmixnn.formula.tokens import Token, tokenize

# R's precedence, weakest first (?Syntax); a sign binds stronger than ':' and weaker than '^'.
_PRECEDENCE = {
    "|": 1, "||": 1,
    "<": 2, ">": 2, "<=": 2, ">=": 2, "==": 2, "!=": 2,
    "+": 3, "-": 3,
    "*": 4, "/": 4,
    "%in%": 5,
    ":": 6,
    "^": 8,
}  # fmt: skip
_SIGN = 7
_WORDS = {
    "TRUE": lambda position: Logical(True, position=position),
    "True": lambda position: Logical(True, position=position),
    "FALSE": lambda position: Logical(False, position=position),
    "False": lambda position: Logical(False, position=position),
    "NULL": lambda position: Null(position=position),
}
SMOOTHS = frozenset({"s", "te", "ti", "t2"})
"""Functions of mgcv's formulas."""
SMOOTHS_HINT = (
    " mgcv's smooths are found by inference='auto', of predictors written as they are; bs(x) and "
    "ns(x) are splines."
)
MAX_DEPTH = 50
"""Parentheses and calls may be nested so deep; a bound keeps a hostile formula from recursing."""


def parse_sides(source: str) -> tuple[Node | None, Node]:
    """Read ``lhs ~ rhs`` or ``~ rhs``.

    Returns
    -------
    tuple of (Node or None, Node)
        The response, None for a one-sided formula, and the right-hand side.

    Raises
    ------
    FormulaSyntaxError
        With a caret under the character where reading stopped.
    """
    parser = _Parser(source)
    response = None if parser.at("~") else parser.expression(0)
    if not parser.at("~"):
        raise parser.error("a formula needs a '~' between the response and the predictors")
    parser.advance()
    right = parser.expression(0)
    if parser.at("~"):
        raise parser.error("a formula has only one '~'")
    parser.expect_end()
    for side in (response, right):
        check_depth(side, source)
    return response, right


@lru_cache(maxsize=1024)
def parse_expression(source: str) -> Node:
    """Read one expression, such as the part of a formula on one side of ``~``.

    Raises
    ------
    FormulaSyntaxError
        With a caret under the character where reading stopped.
    """
    parser = _Parser(source)
    node = parser.expression(0)
    parser.expect_end()
    check_depth(node, source)
    return node


def check_depth(root: Node | None, source: str) -> None:
    """Refuse a tree too deep to be worked on by recursion.

    The left side of a sum does not count: sums are worked on in loops, whatever their length.

    Raises
    ------
    FormulaSyntaxError
        At the first node that is too deep.
    """
    stack = [] if root is None else [(root, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > 2 * MAX_DEPTH:
            raise FormulaSyntaxError("the formula is nested too deep", source, node.position)
        match node:
            case Binary():
                additive = node.operator in ("+", "-")
                stack += [(node.left, depth + (not additive)), (node.right, depth + 1)]
            case Unary():
                stack.append((node.operand, depth + 1))
            case Paren():
                stack.append((node.inner, depth + 1))
            case Call():
                stack += [(argument, depth + 1) for _, argument in node.arguments]


class _Parser:
    """A precedence-climbing parser over the tokens of one formula."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.next = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.next]

    def at(self, operator: str) -> bool:
        return self.token.kind == "operator" and self.token.text == operator

    def advance(self) -> Token:
        token = self.token
        self.next += 1
        return token

    def error(self, message: str, position: int | None = None) -> FormulaSyntaxError:
        where = self.token.position if position is None else position
        return FormulaSyntaxError(message, self.source, where)

    def expect_end(self) -> None:
        if self.token.kind != "end":
            raise self._unexpected("an operator such as '+'")

    def expression(self, weakest: int) -> Node:
        """Read operators that bind at least as strongly as `weakest`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"the formula is nested more than {MAX_DEPTH} deep")
        node = self._operand()
        while self.token.kind == "operator":
            strength = _PRECEDENCE.get(self.token.text)
            if strength is None or strength < weakest:
                break
            operator = self.advance()
            # '^' groups from the right and its exponent may carry a sign: 2^-1.
            right = self.expression(_SIGN if operator.text == "^" else strength + 1)
            node = Binary(operator.text, node, right, position=operator.position)
        self.depth -= 1
        return node

    def _operand(self) -> Node:
        token = self.advance()
        if token.kind == "number":
            if float(token.text) == float("inf"):
                raise self.error("this number is too large", token.position)
            return Number(float(token.text), position=token.position)
        if token.kind == "string":
            return String(token.text, position=token.position)
        if token.kind == "name":
            return self._name_or_call(token)
        if token.text in ("+", "-") and token.kind == "operator":
            return Unary(token.text, self.expression(_SIGN), position=token.position)
        if token.text == "(" and token.kind == "operator":
            if self.at(")"):
                raise self.error("there is nothing between these parentheses")
            inner = self.expression(0)
            self._close(token)
            return Paren(inner, position=token.position)
        self.next -= 1
        raise self._unexpected("a column, a number or a function")

    def _name_or_call(self, token: Token) -> Node:
        backticked = self.source[token.position] == "`"
        if not backticked and token.text in _WORDS:
            return _WORDS[token.text](token.position)
        if not self.at("("):
            return Name(token.text, position=token.position)
        if backticked or token.text not in ALLOWED_FUNCTIONS:
            hint = SMOOTHS_HINT if token.text in SMOOTHS else ""
            raise self.error(
                f"{token.text!r} is not a function that a formula can call."
                f"{hint or suggest(token.text, ALLOWED_FUNCTIONS)} The functions are: "
                f"{', '.join(sorted(ALLOWED_FUNCTIONS))}",
                token.position,
            )
        opening = self.advance()
        arguments: list[tuple[str | None, Node]] = []
        while not self.at(")"):
            arguments.append(self._argument())
            if not self.at(","):
                break
            self.advance()
            if self.at(")"):
                raise self._unexpected("an argument")
        self._close(opening)
        return Call(token.text, tuple(arguments), position=token.position)

    def _argument(self) -> tuple[str | None, Node]:
        following = self.tokens[min(self.next + 1, len(self.tokens) - 1)]
        if self.token.kind == "name" and (following.kind, following.text) == ("operator", "="):
            key = self.advance().text
            self.advance()
            return key, self.expression(0)
        return None, self.expression(0)

    def _close(self, opening: Token) -> None:
        if self.token.kind == "end":
            raise self.error("this parenthesis is not closed", opening.position)
        if not self.at(")"):
            raise self._unexpected("')' or an operator")
        self.advance()

    def _unexpected(self, expected: str) -> FormulaSyntaxError:
        token = self.token
        if token.kind == "end":
            return self.error(f"the formula ends where {expected} should follow")
        if self.at("="):
            return self.error("'=' is only used for arguments; compare with '=='")
        return self.error(f"found {token.text!r} where {expected} should be")
