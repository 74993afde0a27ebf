"""Model matrices with R's columns: which coding each factor gets, and what columns are called."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.nodes import deparse
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.values import FactorValue, Value

INTERCEPT = "(Intercept)"


@dataclass(frozen=True)
class ModelMatrix:
    """A design matrix.

    Attributes
    ----------
    values : ndarray of float64, shape (n, p)
    names : list of str, length p
        R's names of the columns.
    assign : list of int, length p
        The position of each column's term in `terms.terms`; -1 for the intercept.
    """

    values: NDArray[np.float64]
    names: list[str]
    assign: list[int]


def codings(terms: Terms, categorical: list[bool]) -> list[dict[int, bool]]:
    """Decide for each term which of its factors get a column for every level.

    A factor gets contrasts if the term without it is part of a term before; otherwise its levels
    are not all spanned yet and it gets a column a level. Without an intercept the first factor
    of all gets one too. This is what R's ``terms.formula`` and ``model.matrix`` do.

    Parameters
    ----------
    terms : Terms
    categorical : list of bool
        Whether each of `terms.variables` is a factor.

    Returns
    -------
    list of dict
        For each term: variable -> whether it is coded in full.
    """
    result: list[dict[int, bool]] = []
    for position, term in enumerate(terms.terms):
        coding: dict[int, bool] = {}
        for variable in terms.members(term):
            rest = term & ~(1 << variable)
            present = not rest or any(rest & ~before == 0 for before in terms.terms[:position])
            coding[variable] = categorical[variable] and not present
        result.append(coding)
    if not terms.intercept:
        for coding in result:
            first = next((variable for variable in coding if categorical[variable]), None)
            if first is not None:
                coding[first] = True
                break
    return result


def model_matrix(terms: Terms, evaluator: Evaluator) -> ModelMatrix:
    """Build the design matrix of `terms` on the evaluator's n rows.

    Raises
    ------
    FormulaError
        If a factor that needs contrasts has one level only.
    UnseenLevelError
        See :meth:`tabmixnn.formula.evaluate.Evaluator.value`.
    """
    rows = len(evaluator)
    values = [evaluator.value(node) for node in terms.variables]
    labels = [deparse(node) for node in terms.variables]
    coded = codings(terms, [isinstance(value, FactorValue) for value in values])
    names = [INTERCEPT] if terms.intercept else []
    assign = [-1] * len(names)
    columns: dict[tuple[int, bool], NDArray[np.float64]] = {}
    for position, coding in enumerate(coded):
        term_names: list[str] = []
        for variable, full in coding.items():
            if (variable, full) not in columns:
                _check_levels(values[variable], labels[variable], full)
                columns[variable, full] = values[variable].encode(full, evaluator.unseen)
            own = [labels[variable] + suffix for suffix in values[variable].names(full)]
            # The first variable's columns vary fastest, as in R.
            term_names = [f"{b}:{o}" for o in own for b in term_names] if term_names else own
        names += term_names
        assign += [position] * len(term_names)
    matrix = np.empty((rows, len(names)))
    start = int(terms.intercept)
    matrix[:, :start] = 1.0
    for coding in coded:
        block, *others = (columns[key] for key in coding.items())
        for other in others:
            block = (other[:, :, None] * block[:, None, :]).reshape(rows, -1)
        matrix[:, start : start + block.shape[1]] = block
        start += block.shape[1]
    return ModelMatrix(matrix, names, assign)


def _check_levels(value: Value, label: str, full: bool) -> None:
    if isinstance(value, FactorValue) and not full and len(value.levels) < 2:
        raise FormulaError(
            f"{label} has only the level {value.levels[0]!r}, so there is no contrast to estimate; "
            f"leave it out of the formula"
        )
