"""R's algebra of model terms: what ``a*b``, ``a/b``, ``(a + b)^2`` and ``- a`` stand for."""

from __future__ import annotations

from dataclasses import dataclass

from tabmixnn.formula.errors import FormulaSyntaxError
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Name,
    Node,
    Number,
    Paren,
    Unary,
    deparse,
    signed_parts,
    strip_parens,
)

MAX_PRODUCTS = 200_000
"""Bound on the pairs of terms to cross: ``(a + ... + z)^20`` would otherwise fill the memory."""


@dataclass(frozen=True)
class Terms:
    """The terms of one side of a formula, after R's ``terms.formula``.

    Attributes
    ----------
    variables : tuple of Node
        In order of appearance; bit i of a term stands for variable i.
    terms : tuple of int
        Bit sets of variables, lower orders first and otherwise as written.
    intercept : bool
    """

    variables: tuple[Node, ...]
    terms: tuple[int, ...]
    intercept: bool

    def members(self, term: int) -> list[int]:
        """Return the variables of a term, in order of appearance."""
        return [bit for bit in range(term.bit_length()) if term >> bit & 1]

    def label(self, term: int) -> str:
        """Return R's label of a term, such as ``"a:b"``."""
        return ":".join(deparse(self.variables[bit]) for bit in self.members(term))


def expand(node: Node, source: str) -> Terms:
    """Work out the terms of an expression without bars, offsets and dots.

    Parameters
    ----------
    node : Node
        One side of a formula.
    source : str
        The formula's text, for error messages.

    Raises
    ------
    FormulaSyntaxError
        Where the expression is not one of model terms, e.g. ``2*x`` outside ``I()``.
    """
    expansion = _Expansion(source)
    terms = expansion.expand(node)
    ordered = tuple(sorted(terms, key=int.bit_count))
    return Terms(tuple(expansion.variables), ordered, expansion.intercept)


class _Expansion:
    """Collects variables and the intercept while terms are worked out.

    A set of terms is a dict without values, which keeps the order in which terms were written.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.variables: list[Node] = []
        self.bits: dict[str, int] = {}
        self.intercept = True
        self.operators = {
            ":": self._interact,
            "%in%": self._within,
            "*": self._cross,
            "/": self._nest,
        }

    def expand(self, node: Node) -> dict[int, None]:
        node = strip_parens(node)
        match node:
            case Name() | Call():
                return {1 << self._variable(node): None}
            case Unary() | Binary(operator="+" | "-"):
                return self._sum(node)
            case Binary(operator="^"):
                return self._power(node)
            case Binary() if node.operator in self.operators:
                return self._product(node)
            case Number():
                return self._sum(node)
            case Binary():
                raise self._error(
                    f"{node.operator!r} cannot stand between terms; use I() for arithmetic",
                    node,
                )
        raise self._error(f"{deparse(node)} is not a term of a model", node)

    def _error(self, message: str, node: Node) -> FormulaSyntaxError:
        return FormulaSyntaxError(message, self.source, node.position)

    def _variable(self, node: Node) -> int:
        label = deparse(node)
        if label not in self.bits:
            self.bits[label] = len(self.variables)
            self.variables.append(node)
        return self.bits[label]

    def _sum(self, node: Node) -> dict[int, None]:
        terms: dict[int, None] = {}
        for sign, part in signed_parts(node):
            if isinstance(part, Number):
                if part.value not in (0.0, 1.0):
                    raise self._error(
                        "only 0 and 1 can stand alone, for the intercept; use I() for arithmetic",
                        part,
                    )
                self.intercept = (part.value == 1.0) == (sign == "+")
                continue
            if sign == "+":
                terms |= self.expand(part)
            else:
                for term in self._removed(part):
                    terms.pop(term, None)
            self._check(len(terms), node)
        return terms

    def _removed(self, node: Node) -> dict[int, None]:
        before = self.intercept
        terms = self.expand(node)
        numbers = [part for _, part in signed_parts(strip_parens(node)) if isinstance(part, Number)]
        # In x - (1 + z) the 1 takes the intercept away.
        self.intercept = not self.intercept if numbers else before
        return terms

    def _product(self, node: Binary) -> dict[int, None]:
        for operand in (node.left, node.right):
            if isinstance(strip_parens(operand), (Number, Unary)):
                raise self._error(
                    "a number or a sign cannot be part of an interaction; use I() for arithmetic",
                    operand if isinstance(operand, Paren) else node,
                )
        left, right = self.expand(node.left), self.expand(node.right)
        self._check(len(left) * len(right), node)
        return self.operators[node.operator](left, right)

    def _interact(self, left: dict[int, None], right: dict[int, None]) -> dict[int, None]:
        return {a | b: None for a in left for b in right}

    def _cross(self, left: dict[int, None], right: dict[int, None]) -> dict[int, None]:
        return left | right | self._interact(left, right)

    def _nest(self, left: dict[int, None], right: dict[int, None]) -> dict[int, None]:
        return left | self._within(right, left)

    def _within(self, left: dict[int, None], right: dict[int, None]) -> dict[int, None]:
        every = 0
        for term in right:
            every |= term
        return {term | every: None for term in left}

    def _power(self, node: Binary) -> dict[int, None]:
        exponent = strip_parens(node.right)
        if not isinstance(exponent, Number) or exponent.value not in range(1, 101):
            raise self._error(
                "outside I() an exponent is the highest order of interaction, a whole number "
                "from 1 to 100",
                node.right,
            )
        base = self.expand(node.left)
        terms = base
        for _ in range(int(exponent.value) - 1):
            self._check(len(terms) * len(base), node)
            grown = self._interact(terms, base)
            if list(grown) == list(terms):
                break
            terms = grown
        return terms

    def _check(self, count: int, node: Node) -> None:
        if count > MAX_PRODUCTS:
            raise self._error("this stands for more terms than a model can have", node)
