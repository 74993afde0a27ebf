"""The left-hand side of a formula as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.functions import ARITHMETIC, FACTOR_FUNCTIONS, TWO_COLUMNS
from tabmixnn.formula.nodes import Call, Name, Node, deparse, strip_parens
from tabmixnn.formula.values import FactorValue

CATEGORICAL = frozenset({ARITHMETIC, *FACTOR_FUNCTIONS})


def response_values(node: Node, evaluator: Evaluator) -> tuple[NDArray[np.float64], list | None]:
    """Evaluate the response.

    Returns
    -------
    y : ndarray of float64, shape (n,) or (n, 2)
        Numbers as they are; the positions 0, ..., K - 1 of the levels of a categorical response
        (so a two-level factor is 0/1 as in R); both columns of ``cbind()``.
    levels : list or None
        The levels of a categorical response, booleans as booleans.

    Raises
    ------
    FormulaError
        For a categorical response with a single level.
    UnseenLevelError
        For a level of the response that the training data did not have.
    """
    node = strip_parens(node)
    if isinstance(node, Call) and node.function == TWO_COLUMNS:
        return np.column_stack([evaluator.numbers(each) for _, each in node.arguments]), None
    if not (isinstance(node, Name) or (isinstance(node, Call) and node.function in CATEGORICAL)):
        return evaluator.numbers(node), None
    value = evaluator.value(node)
    if not isinstance(value, FactorValue):
        return np.ascontiguousarray(value.columns[:, 0]), None
    evaluator.check_seen(node)
    if len(value.levels) < 2:
        raise FormulaError(f"the response {deparse(node)} has only the level {value.levels[0]!r}")
    levels: list[Any] = list(value.levels)
    if _is_logical(node, evaluator):
        levels = [level == "TRUE" for level in levels]
    return value.codes.astype(np.float64), levels


def _is_logical(node: Node, evaluator: Evaluator) -> bool:
    if isinstance(node, Name):
        return evaluator.learned.recall("kinds", node.name) == "logical"
    return isinstance(node, Call) and node.function == ARITHMETIC
