"""Arguments of calls: which one is the variable, and what the constants are."""

from __future__ import annotations

from typing import Any

from tabmixnn.formula.errors import FormulaSyntaxError, suggest
from tabmixnn.formula.functions import PARAMETERS, VECTOR
from tabmixnn.formula.nodes import Call, Logical, Name, Node, Null, Number, String, Unary

VARIABLE = "x"
_NAMED_CONSTANTS = frozenset({"contr"})


def match_arguments(call: Call, source: str) -> tuple[Node, dict[str, Any]]:
    """Match the arguments of a call as R does: by name first, the rest in order.

    Parameters
    ----------
    call : Call
        A call of a function of one variable.
    source : str
        The formula's text, for error messages.

    Returns
    -------
    tuple of (Node, dict)
        The variable, and a value for every parameter of the function.

    Raises
    ------
    FormulaSyntaxError
        For an argument that is unknown, given twice, or no constant.
    """
    options = dict(PARAMETERS[call.function])
    known = [VARIABLE, *options]
    matched: dict[str, Node] = {}
    for key, node in call.arguments:
        if key is None:
            continue
        if key not in known or key in matched:
            reason = "given twice" if key in matched else "unknown"
            raise FormulaSyntaxError(
                f"{call.function}() has the argument {key!r} {reason}.{suggest(key, known)}",
                source,
                node.position,
            )
        matched[key] = node
    free = (name for name in known if name not in matched)
    for key, node in call.arguments:
        if key is None:
            name = next(free, None)
            if name is None:
                raise FormulaSyntaxError(
                    f"{call.function}() takes at most {len(known)} argument(s)",
                    source,
                    node.position,
                )
            matched[name] = node
    if VARIABLE not in matched:
        raise FormulaSyntaxError(f"{call.function}() needs a column", source, call.position)
    variable = matched.pop(VARIABLE)
    for name, node in matched.items():
        if isinstance(node, Name) and name not in _NAMED_CONSTANTS:
            raise FormulaSyntaxError(
                f"{call.function}() takes one column, and {node.name!r} stands where its argument "
                f"{name!r} does, which is a number, a string, TRUE, FALSE or c() of these",
                source,
                node.position,
            )
        options[name] = _constant(node, name, source)
    return variable, options


def _constant(node: Node, name: str, source: str) -> Any:
    match node:
        case Number() | String() | Logical():
            return node.value
        case Null():
            return None
        case Unary(operand=Number()):
            return node.operand.value if node.operator == "+" else -node.operand.value
        case Name() if name in _NAMED_CONSTANTS:
            return node.name
        case Call() if node.function == VECTOR:
            return [_constant(item, name, source) for _, item in node.arguments]
    raise FormulaSyntaxError(
        f"the argument {name!r} must be a number, a string, TRUE, FALSE or c() of these",
        source,
        node.position,
    )
