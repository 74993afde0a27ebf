"""What may stand where: checked when a formula is read, before any data are seen."""

from __future__ import annotations

from collections.abc import Collection

from tabmixnn.formula.arguments import match_arguments
from tabmixnn.formula.errors import FormulaSyntaxError
from tabmixnn.formula.functions import (
    COVARIANCE_FUNCTIONS,
    FACTOR_FUNCTIONS,
    OFFSET,
    PARAMETERS,
    TWO_COLUMNS,
)
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
    strip_parens,
)
from tabmixnn.formula.terms import Terms, expand

DOT = "."
ARITHMETIC_OPERATORS = frozenset({"+", "-", "*", "/", "^"})
COMPARISONS = frozenset({"<", ">", "<=", ">=", "==", "!="})


def check_response(node: Node, source: str) -> None:
    """Refuse a left-hand side that is neither a variable, arithmetic, nor ``cbind(a, b)``."""
    if isinstance(node, Call) and node.function == TWO_COLUMNS:
        if len(node.arguments) != 2 or any(key for key, _ in node.arguments):
            raise FormulaSyntaxError(
                "cbind() takes two columns, such as successes and failures: cbind(a, b) ~ ...",
                source,
                node.position,
            )
        for _, argument in node.arguments:
            _check_arithmetic(argument, source)
    elif isinstance(node, Call) and node.function in FACTOR_FUNCTIONS:
        _check_call(node, source)
    else:
        _check_arithmetic(node, source)
    if not columns_of(node):
        raise FormulaSyntaxError("the response names no column", source, node.position)


def check_terms(node: Node, source: str, *, dot: bool) -> Terms:
    """Return the terms; refuse what is none. `dot` says whether ``.`` may stand among them."""
    stack = [node]
    while stack:
        current = stack.pop()
        match current:
            case Binary(operator="|" | "||"):
                raise FormulaSyntaxError(
                    "a random-effects term is added in parentheses of its own: y ~ x + (1 | g)",
                    source,
                    current.position,
                )
            case Binary():
                stack += [current.right, current.left]
            case Unary():
                stack.append(current.operand)
            case Paren():
                stack.append(current.inner)
            case Name(name="."):
                if not dot:
                    raise FormulaSyntaxError(
                        "'.' can only stand in the fixed part; name the columns",
                        source,
                        current.position,
                    )
            case Call():
                _check_call(current, source)
    return expand(node, source)


def check_bar(part: Node, bar: Binary, source: str) -> Terms:
    """Return the terms left of a bar; refuse what is not ``(terms | group)``, diag() or us()."""
    if part is bar:
        raise FormulaSyntaxError(
            "a random-effects term stands in parentheses, as in y ~ x + (1 | g)",
            source,
            bar.position,
        )
    if isinstance(part, Call) and (len(part.arguments) > 1 or part.arguments[0][0] is not None):
        raise FormulaSyntaxError(
            f"{part.function}() takes one random-effects term and nothing else",
            source,
            part.position,
        )
    terms = check_terms(bar.left, source, dot=False)
    for leaf in _operands(bar.right):
        if isinstance(leaf, Call):
            _check_call(leaf, source)
        elif isinstance(leaf, Name) and leaf.name == DOT:
            raise FormulaSyntaxError("'.' cannot be a grouping factor", source, leaf.position)
    return terms


def check_no_response(terms: Terms, response: str, source: str) -> None:
    """Refuse a term that predicts the response by itself."""
    for variable in terms.variables:
        if deparse(variable) == response:
            raise FormulaSyntaxError(
                f"the response {response} cannot be its own predictor", source, variable.position
            )


def offset_argument(call: Call, source: str) -> Node:
    """Return what ``offset()`` holds, checked."""
    variable, _ = match_arguments(call, source)
    _check_arithmetic(variable, source)
    return variable


def columns_of(node: Node, closed: Collection[str] = ()) -> list[str]:
    """Return the columns that an expression names, in order of appearance.

    Parameters
    ----------
    node : Node
    closed : collection of str
        Functions that are not looked into.
    """
    names: dict[str, None] = {}
    stack = [node]
    while stack:
        current = stack.pop()
        match current:
            case Name():
                names[current.name] = None
            case Binary():
                stack += [current.right, current.left]
            case Unary():
                stack.append(current.operand)
            case Paren():
                stack.append(current.inner)
            case Call() if current.function not in closed:
                stack += _variables(current)[::-1]
    return list(names)


def _variables(call: Call) -> list[Node]:
    if call.function in PARAMETERS:
        return [match_arguments(call, deparse(call))[0]]
    return [argument for _, argument in call.arguments]


def _operands(node: Node) -> list[Node]:
    stack, leaves = [node], []
    while stack:
        current = strip_parens(stack.pop())
        if isinstance(current, Binary):
            stack += [current.right, current.left]
        else:
            leaves.append(current)
    return leaves


def _check_call(call: Call, source: str) -> None:
    """Check a call that stands as a variable of the model."""
    if call.function == OFFSET:
        raise FormulaSyntaxError("offset() can only be added", source, call.position)
    if call.function in COVARIANCE_FUNCTIONS:
        raise FormulaSyntaxError(
            f"{call.function}() holds a random-effects term: {call.function}(1 + x | g)",
            source,
            call.position,
        )
    if call.function not in PARAMETERS:
        raise FormulaSyntaxError(f"{call.function}() cannot stand here", source, call.position)
    variable, _ = match_arguments(call, source)
    if call.function in FACTOR_FUNCTIONS:
        variable = strip_parens(variable)
        if isinstance(variable, Call) and variable.function in FACTOR_FUNCTIONS:
            _check_call(variable, source)
            return
    _check_arithmetic(variable, source)
    if not columns_of(variable):
        raise FormulaSyntaxError(f"{call.function}() names no column", source, call.position)


def _check_arithmetic(node: Node, source: str) -> None:
    """Check an expression that is computed as numbers: inside ``I()``, or the response."""
    match node:
        case Number() | Logical():
            return
        case Name():
            if node.name == DOT:
                raise FormulaSyntaxError(
                    "'.' can only stand alone in the fixed part; name the column",
                    source,
                    node.position,
                )
        case Paren():
            _check_arithmetic(node.inner, source)
        case Unary() | Binary(operator="+" | "-"):
            for _, part in signed_parts(node):
                _check_arithmetic(part, source)
        case Binary() if node.operator in ARITHMETIC_OPERATORS | COMPARISONS:
            for side in (node.left, node.right):
                if not (node.operator in COMPARISONS and isinstance(side, String)):
                    _check_arithmetic(side, source)
        case Call() if node.function not in FACTOR_FUNCTIONS:
            _check_call(node, source)
        case Binary():
            raise FormulaSyntaxError(
                f"{node.operator!r} is not an operation on numbers", source, node.position
            )
        case _:
            raise FormulaSyntaxError(f"{deparse(node)} is not a number", source, node.position)
