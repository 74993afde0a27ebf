"""Random-effects terms: what ``(x || g)`` and ``(1 | a/b)`` stand for in lme4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tabmixnn.formula.errors import FormulaSyntaxError
from tabmixnn.formula.functions import COVARIANCE_FUNCTIONS, FACTOR_FUNCTIONS
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Name,
    Node,
    Number,
    deparse,
    signed_parts,
    strip_parens,
)
from tabmixnn.formula.terms import Terms

BARS = frozenset({"|", "||"})


@dataclass(frozen=True)
class RandomTerm:
    """One random-effects term ``(expr | group)``.

    Attributes
    ----------
    expr : str
        Left of the bar with the intercept spelled out, e.g. ``"1 + x"``.
    group : str
        Right of the bar: a factor or an interaction of factors, e.g. ``"b:a"``.
    correlated : bool
        False for ``diag(expr | group)``. The terms that ``||`` makes are separate terms, as in
        lme4, each of them correlated within itself.
    """

    expr: str
    group: str
    correlated: bool = True

    def __str__(self) -> str:
        """Return the term as a formula has it."""
        return f"{'' if self.correlated else 'diag'}({self.expr} | {self.group})"


class Bar(NamedTuple):
    """A bar as written, and whether the effects to its left are correlated."""

    node: Binary
    correlated: bool


def bar_of(part: Node) -> Bar | None:
    """Return the bar if `part` of a formula is a random-effects term, None otherwise."""
    correlated, node = True, part
    if isinstance(part, Call) and part.function in COVARIANCE_FUNCTIONS and part.arguments:
        correlated, node = COVARIANCE_FUNCTIONS[part.function], part.arguments[0][1]
    node = strip_parens(node)
    if isinstance(node, Binary) and node.operator in BARS:
        return Bar(node, correlated)
    return None


def random_terms(bar: Bar, effects: Terms, source: str) -> list[RandomTerm]:
    """Expand one bar into terms, in lme4's order.

    ``(1 + x || g)`` becomes ``(1 | g) + (0 + x | g)``; a factor to the left of ``||`` keeps one
    correlated column a level, as in lme4 (use ``diag(f | g)`` for uncorrelated ones).
    ``(1 | a/b)`` becomes ``(1 | b:a) + (1 | a)``.

    Parameters
    ----------
    bar : Bar
    effects : Terms
        What the left of the bar stands for.
    source : str
        The formula's text, for error messages.

    Raises
    ------
    FormulaSyntaxError
        If there are no effects, or the right of the bar is not a grouping factor.
    """
    node, correlated = bar
    if not effects.intercept and not effects.terms:
        raise FormulaSyntaxError("this random-effects term has no effects", source, node.position)
    expressions = split_terms(effects) if node.operator == "||" else [with_intercept(node.left)]
    groups = list(_groups(node.right, source))
    return [
        RandomTerm(expression, group, correlated) for expression in expressions for group in groups
    ]


def with_intercept(node: Node) -> str:
    """Return the text of a sum of terms; ``1 +`` is put in front if no number says otherwise."""
    text = deparse(node)
    explicit = any(isinstance(part, Number) for _, part in signed_parts(strip_parens(node)))
    if explicit:
        return text
    return f"1 {text[0]} {text[1:]}" if text[0] in "+-" else f"1 + {text}"


def split_terms(effects: Terms) -> Iterator[str]:
    """Yield the left of each of the bars that ``||`` makes of one."""
    if effects.intercept:
        yield "1"
    for term in effects.terms:
        yield f"0 + {effects.label(term)}"


def _groups(node: Node, source: str) -> Iterator[str]:
    """Yield the grouping factors right of a bar."""
    node = strip_parens(node)
    if isinstance(node, Binary) and node.operator == "/":
        outer = list(_groups(node.left, source))
        # The innermost factor comes first, and is crossed with all that it is nested in.
        yield ":".join([*_factors(node.right, source), outer[0]])
        yield from outer
    elif isinstance(node, Binary) and node.operator == "+":
        yield from _groups(node.left, source)
        yield from _groups(node.right, source)
    else:
        yield ":".join(_factors(node, source))


def _factors(node: Node, source: str) -> Iterator[str]:
    """Yield the factors of an interaction ``a:b``."""
    node = strip_parens(node)
    if isinstance(node, Binary) and node.operator == ":":
        yield from _factors(node.left, source)
        yield from _factors(node.right, source)
    elif isinstance(node, Name) or (isinstance(node, Call) and node.function in FACTOR_FUNCTIONS):
        yield deparse(node)
    else:
        raise FormulaSyntaxError(
            "right of a bar stands a grouping factor, 'a:b' or 'a/b'", source, node.position
        )
