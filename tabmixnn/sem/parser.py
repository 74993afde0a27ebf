"""Model strings as lavaan parses them: elements with modifiers, and constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tabmixnn.sem.errors import LavaanSyntaxError
from tabmixnn.sem.expressions import Expression, parse_expression
from tabmixnn.sem.modifiers import NO_MODIFIERS, Modifiers, read_modifier
from tabmixnn.sem.tokens import Token, statements
from tabmixnn.sem.variables import VariableNames

CONSTRAINTS = (":=", "==", "<", ">")
PATHS = ("=~", "~", "~~")
RESERVED = frozenset(
    {"NA", "TRUE", "FALSE", "NULL", "NaN", "Inf", "if", "else", "for", "while", "repeat"}
    | {"function", "in", "next", "break"}
)


@dataclass(frozen=True)
class Element:
    """One path of the model: ``lhs op rhs``, with ``op`` ``~1`` and no rhs for an intercept."""

    lhs: str
    op: str
    rhs: str
    modifiers: Modifiers = NO_MODIFIERS


@dataclass(frozen=True)
class Constraint:
    """A definition (``:=``), equality (``==``) or inequality (``<``, ``>``)."""

    lhs: Expression
    op: str
    rhs: Expression


@dataclass(frozen=True)
class ParsedModel:
    """A model string's elements and constraints, each in the order written.

    Parameters
    ----------
    text : str
    elements : tuple of Element
    constraints : tuple of Constraint
    """

    text: str
    elements: tuple[Element, ...]
    constraints: tuple[Constraint, ...]


def parse_model(text: str) -> ParsedModel:
    """Read a model in lavaan's syntax, for one group.

    Knows ``=~``, ``~``, ``~~``, ``~1``, labels, fixed values (``0.5*x``), ``NA*``, ``start()``,
    ``label()``, ``equal()``, several left-hand sides joined by ``+``, ``:=``, ``==``, ``<``,
    ``>``, comments after ``#`` or ``!``, and formulas over several lines or joined by ``;``.

    Raises
    ------
    LavaanSyntaxError
        With the line and the character.
    TypeError
        If `text` is not a string.
    """
    if not isinstance(text, str):
        raise TypeError(f"A model must be a string in lavaan's syntax, not {type(text).__name__}.")
    elements: list[Element] = []
    constraints: list[Constraint] = []
    found = statements(text)
    if not found:
        raise LavaanSyntaxError("the model is empty", text, 1, 1)
    for tokens in found:
        reader = _Formula(tokens, text)
        if reader.operator.text in CONSTRAINTS:
            constraints.append(reader.constraint())
        else:
            reader.add_to(elements)
    return ParsedModel(text, _covariances_in_order(elements), tuple(constraints))


def _covariances_in_order(elements: Sequence[Element]) -> tuple[Element, ...]:
    """Let every covariance name its variables in the order of the model: latent ones first."""
    names = VariableNames.of(elements)
    rank = {name: position for position, name in enumerate((*names.latent, *names.observed))}
    return tuple(
        Element(e.rhs, e.op, e.lhs, e.modifiers)
        if e.op == "~~" and rank[e.lhs] > rank[e.rhs]
        else e
        for e in elements
    )


class _Formula:
    """One formula, split at its operator."""

    def __init__(self, tokens: list[Token], model: str) -> None:
        self.model = model
        at = next(i for i, token in enumerate(tokens) if token.kind == "operator")
        self.operator = tokens[at]
        self.left, self.right = tokens[:at], tokens[at + 1 :]
        if self.operator.text not in (*PATHS, *CONSTRAINTS):
            self.fail(
                f"the operator {self.operator.text!r} is not supported; use =~, ~, ~~, :=, ==, "
                "< or >",
                self.operator,
            )
        if not self.left:
            self.fail(f"nothing stands before {self.operator.text!r}", self.operator)
        if not self.right:
            self.fail(f"nothing follows {self.operator.text!r}", self.operator)
        extra = next((token for token in self.right if token.kind == "operator"), None)
        if extra is not None:
            self.fail(
                f"a second operator {extra.text!r} in one formula; put a line break or ; between "
                "formulas",
                extra,
            )

    def fail(self, problem: str, token: Token) -> None:
        raise LavaanSyntaxError(problem, self.model, token.line, token.column)

    def constraint(self) -> Constraint:
        lhs, rhs = (parse_expression(side, self.model) for side in (self.left, self.right))
        if self.operator.text == ":=" and lhs.names != (lhs.text,):
            self.fail("the left-hand side of := must be a new label", self.left[0])
        return Constraint(lhs, self.operator.text, rhs)

    def add_to(self, elements: list[Element]) -> None:
        op = self.operator.text
        known = {(e.lhs, e.op, e.rhs) for e in elements}
        terms = self._terms()
        for left in _split(self.left):
            if len(left) != 1 or left[0].kind != "name":
                where = left[0] if left else self.operator
                self.fail("the left-hand side must be variables joined by +", where)
            self._check_name(left[0])
            lhs = left[0].text
            for rhs, (token, modifiers) in terms.items():
                element = Element(lhs, op if rhs else "~1", rhs, modifiers)
                keys = {(lhs, element.op, rhs)}
                keys |= {(rhs, op, lhs)} if op == "~~" else set()
                if keys & known:
                    self.fail(f"{lhs} {element.op} {rhs}".strip() + " is in the model twice", token)
                if rhs == lhs and op != "~~":
                    self.fail(f"{lhs!r} cannot stand on both sides of {op}", token)
                known |= keys
                elements.append(element)

    def _terms(self) -> dict[str, tuple[Token, Modifiers]]:
        """Return the right-hand side's terms by variable; "" stands for the intercept."""
        terms: dict[str, tuple[Token, Modifiers]] = {}
        right = self.right[1:] if self.right[0].text == "+" else self.right
        position = 0
        for tokens in _split(right):
            if not tokens:
                plus = right[max(position - 1, 0)] if right else self.right[0]
                self.fail("a variable is missing after '+'", plus)
            position += len(tokens) + 1
            name, token, modifiers = self._term(tokens)
            if name in terms:  # several modifiers of one variable
                modifiers = terms[name][1].merge(modifiers)
            terms[name] = (token, modifiers)
        return terms

    def _term(self, tokens: list[Token]) -> tuple[str, Token, Modifiers]:
        *before, token = tokens
        modifiers = NO_MODIFIERS
        if token.text in ("*", "?"):
            self.fail(f"a variable is missing after {token.text!r}", token)
        if before:
            if before[-1].text not in ("*", "?"):
                self.fail(f"a + is missing before {token.text!r}", token)
            if len(before) == 1:
                self.fail(f"nothing stands before {before[0].text!r}", before[0])
            modifiers = read_modifier(before[:-1], before[-1].text, self.model)
        if token.kind == "name":
            self._check_name(token)
            return token.text, token, modifiers
        if self.operator.text == "~" and token.text in ("0", "1"):
            if token.text == "0":
                modifiers = modifiers.merge(Modifiers(fixed=0.0))
            return "", token, modifiers
        self.fail(f"{token.text!r} cannot be a variable", token)
        raise AssertionError

    def _check_name(self, token: Token) -> None:
        if token.text in RESERVED:
            self.fail(f"{token.text!r} is a reserved word and cannot name a variable", token)


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split at every + outside parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "+" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
