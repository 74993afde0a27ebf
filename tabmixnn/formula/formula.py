"""A formula, read once and kept as text."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from tabmixnn.formula.bars import RandomTerm, bar_of, random_terms, with_intercept
from tabmixnn.formula.check import (
    check_bar,
    check_no_response,
    check_response,
    check_terms,
    columns_of,
    offset_argument,
)
from tabmixnn.formula.errors import FormulaSyntaxError
from tabmixnn.formula.factors import NOMINAL
from tabmixnn.formula.functions import OFFSET
from tabmixnn.formula.nodes import (
    Binary,
    Call,
    Name,
    Node,
    Paren,
    Unary,
    deparse,
    join,
    quote,
    signed_parts,
    strip_parens,
)
from tabmixnn.formula.parser import parse_expression, parse_sides
from tabmixnn.formula.terms import Terms

DOT = "."


@dataclass(frozen=True)
class Formula:
    """A mixed-model formula in R's language (lme4's for the random effects).

    Made by :meth:`parse`. It holds text only, so it can be compared, hashed and stored;
    ``Formula.parse(str(f)) == f``.

    Attributes
    ----------
    response : str or None
        Left of ``~``; None for a one-sided formula.
    fixed : str
        Right of ``~`` without bars and offsets, e.g. ``"1 + x1"``. May contain ``.``.
    offsets : tuple of str
        What the ``offset()`` terms hold.
    random : tuple of RandomTerm
        The bar terms, with ``||`` and ``/`` expanded.

    Examples
    --------
    >>> f = Formula.parse("y ~ x + (x || g)")
    >>> f.fixed
    '1 + x'
    >>> [str(term) for term in f.random]
    ['(1 | g)', '(0 + x | g)']
    """

    response: str | None
    fixed: str
    offsets: tuple[str, ...] = ()
    random: tuple[RandomTerm, ...] = ()

    @classmethod
    def parse(cls, source: str) -> Formula:
        """Read a formula.

        Parameters
        ----------
        source : str
            E.g. ``"y ~ x1 * x2 + I(x1^2) + offset(w) + (1 + x1 | g)"``.

        Raises
        ------
        TypeError
            If `source` is not a string.
        FormulaSyntaxError
            With a caret under the character at fault.
        """
        if isinstance(source, Formula):
            return source
        if not isinstance(source, str):
            raise TypeError(f"a formula is a string, not {type(source).__name__}")
        return _parse(source)

    def __str__(self) -> str:
        """Return the formula in a form that reads back as the same formula."""
        parts = [
            self.fixed,
            *(f"{OFFSET}({offset})" for offset in self.offsets),
            *(str(term) for term in self.random),
        ]
        left = "" if self.response is None else f"{self.response} "
        return f"{left}~ {' + '.join(parts)}"

    @property
    def has_dot(self) -> bool:
        """Whether ``.`` still stands for columns that only the data can tell."""
        return DOT in _names(self.fixed)

    @property
    def response_column(self) -> str | None:
        """The column that the response is, without backticks; None if it is computed."""
        node = None if self.response is None else strip_parens(parse_expression(self.response))
        return node.name if isinstance(node, Name) else None

    @property
    def variables(self) -> set[str]:
        """The columns that the formula names, without those that ``.`` stands for."""
        response = () if self.response is None else _names(self.response)
        return set(response).union(self.predictors)

    @property
    def predictors(self) -> list[str]:
        """The columns that everything but the response needs, in order of appearance."""
        return _columns_of(self._read())

    @property
    def only_levels(self) -> set[str]:
        """The columns whose numbers are names of levels: they stand in ``factor(x)`` alone."""
        texts = self._read()
        return {*_columns_of(texts)}.difference(_columns_of(texts, NOMINAL))

    def _read(self) -> list[str]:
        """Return all of the formula but the response."""
        random = [text for term in self.random for text in (term.expr, term.group)]
        return [self.fixed, *self.offsets, *random]

    @property
    def covariates(self) -> list[str]:
        """The columns that everything but the response and the grouping factors needs."""
        return self.needed(())

    def needed(self, groups: Iterable[str]) -> list[str]:
        """Return the columns that `covariates` has, and those of some of the grouping factors."""
        exprs = (term.expr for term in self.random)
        return _columns_of([self.fixed, *self.offsets, *exprs, *groups])

    def expand_dot(self, columns: Iterable[str]) -> Formula:
        """Put columns in the place of ``.``.

        Parameters
        ----------
        columns : iterable of str
            The columns of the data, in order. Those of the response, of the offsets and of the
            grouping factors are left out; those with random slopes are not, for a random slope
            without its fixed effect is rarely meant.

        Raises
        ------
        FormulaSyntaxError
            If no column is left.
        """
        if not self.has_dot:
            return self
        taken = set() if self.response is None else set(_names(self.response))
        for text in (*self.offsets, *(term.group for term in self.random)):
            taken.update(_names(text))
        others = [quote(column) for column in columns if column not in taken]
        if not others:
            raise FormulaSyntaxError(
                "'.' stands for no column: the data have none besides the response, the offsets "
                "and the groups",
                self.fixed,
                self.fixed.find(DOT),
            )
        columns_node = Paren(parse_expression(" + ".join(others)))
        fixed = deparse(_with_dot(parse_expression(self.fixed), columns_node))
        return Formula(self.response, fixed, self.offsets, self.random)


@lru_cache(maxsize=256)
def _parse(source: str) -> Formula:
    left, right = parse_sides(source)
    response = None
    if left is not None:
        check_response(left, source)
        response = deparse(left)
    sides: list[Terms] = []
    fixed: list[tuple[str, Node]] = []
    offsets: list[str] = []
    random: list[RandomTerm] = []
    for sign, part in signed_parts(right):
        bar = bar_of(part)
        is_offset = isinstance(part, Call) and part.function == OFFSET
        if bar is None and not is_offset:
            fixed.append((sign, part))
            continue
        if sign == "-":
            raise FormulaSyntaxError(
                "an offset or a random-effects term can be added, not taken away",
                source,
                part.position,
            )
        if bar is None:
            offset = deparse(offset_argument(part, source))
            # As any other term it is there once, however often it is written.
            if offset not in offsets:
                offsets.append(offset)
        else:
            sides.append(check_bar(part, bar.node, source))
            random += random_terms(bar, sides[-1], source)
    node = join(fixed)
    if node is not None:
        sides.append(check_terms(node, source, dot=True))
    if response is not None:
        for terms in sides:
            check_no_response(terms, response, source)
    return Formula(
        response,
        "1" if node is None else with_intercept(node),
        tuple(offsets),
        tuple(random),
    )


def _columns_of(texts: Iterable[str], closed: Collection[str] = ()) -> list[str]:
    names = dict.fromkeys(name for text in texts for name in _names(text, closed))
    names.pop(DOT, None)
    return list(names)


def _names(text: str, closed: Collection[str] = ()) -> list[str]:
    return columns_of(parse_expression(text), closed)


def _with_dot(node: Node, replacement: Node) -> Node:
    """Return `node` with `replacement` for every ``.``; sums are walked without recursion."""
    match node:
        case Name(name="."):
            return replacement
        case Paren():
            return Paren(_with_dot(node.inner, replacement))
        case Unary() | Binary(operator="+" | "-"):
            parts = [(sign, _with_dot(part, replacement)) for sign, part in signed_parts(node)]
            return join(parts) or node
        case Binary():
            left = _with_dot(node.left, replacement)
            return Binary(node.operator, left, _with_dot(node.right, replacement))
    return node
