"""Model matrices with R's columns: which coding each factor gets, and what columns are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.nodes import deparse
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.values import FactorValue, Value

INTERCEPT = "(Intercept)"


MAX_CELLS = 10**9
"""Numbers in a matrix (8 GB); beyond that a factor has more levels than a dense matrix can have."""


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """A design matrix, whose numbers are made when they are asked for.

    Attributes
    ----------
    names : list of str, length p
        R's names of the columns.
    assign : list of int, length p
        The position of each column's term in the formula's terms; -1 for the intercept.
    codings : list of dict
        For each term: variable -> whether it is coded in full.
    variables : list of Value
        The variables.
    rows : int
    unseen : str
        See :meth:`tabmixnn.formula.values.FactorValue.encode`.
    """

    names: list[str]
    assign: list[int]
    codings: list[dict[int, bool]]
    variables: list[Value]
    rows: int
    unseen: str

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """The whole matrix, shape (n, p)."""
        return self.build(lambda term: True)

    def build(self, wanted: Callable[[int], bool]) -> NDArray[np.float64]:
        """Return the columns of the terms that are wanted, in order.

        Parameters
        ----------
        wanted : callable
            Tells whether the term at a position is wanted; the intercept has the position -1.

        Raises
        ------
        FormulaError
            If the matrix would not fit into memory.
        """
        chosen = [position for position in self.assign if wanted(position)]
        if self.rows * len(chosen) > MAX_CELLS:
            raise FormulaError(
                f"the design matrix would have {self.rows} rows and {len(chosen)} columns; a "
                f"factor with so many levels belongs in a random-effects term, (1 | factor)"
            )
        matrix = np.empty((self.rows, len(chosen)))
        encoded: dict[tuple[int, bool], NDArray[np.float64]] = {}
        start = 0
        for position in dict.fromkeys(chosen):
            block = self._block(position, encoded)
            matrix[:, start : start + block.shape[1]] = block
            start += block.shape[1]
        return matrix

    def _block(
        self, position: int, encoded: dict[tuple[int, bool], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        if position < 0:
            return np.ones((self.rows, 1))
        coding = self.codings[position]
        for variable, full in coding.items():
            if (variable, full) not in encoded:
                encoded[variable, full] = self.variables[variable].encode(full, self.unseen)
        block, *others = (encoded[key] for key in coding.items())
        for other in others:
            # The first variable varies fastest, as in R.
            block = (other[:, :, None] * block[:, None, :]).reshape(self.rows, -1)
        return block


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
    """Lay out the design matrix of `terms` on the evaluator's n rows.

    Raises
    ------
    FormulaError
        If a factor that needs contrasts has one level only.
    UnseenLevelError
        See :meth:`tabmixnn.formula.evaluate.Evaluator.value`.
    """
    values = [evaluator.value(node) for node in terms.variables]
    labels = [deparse(node) for node in terms.variables]
    coded = codings(terms, [isinstance(value, FactorValue) for value in values])
    names = [INTERCEPT] if terms.intercept else []
    assign = [-1] * len(names)
    for position, coding in enumerate(coded):
        term_names: list[str] = []
        for variable, full in coding.items():
            _check_levels(values[variable], labels[variable], full)
            own = [labels[variable] + suffix for suffix in values[variable].names(full)]
            term_names = [f"{b}:{o}" for o in own for b in term_names] if term_names else own
        names += term_names
        assign += [position] * len(term_names)
    return ModelMatrix(names, assign, coded, values, len(evaluator), evaluator.unseen)


def check_names(parts: Iterable[tuple[Terms, ModelMatrix]]) -> None:
    """Check that a name stands for columns of one term only, so that it finds a coefficient.

    R lets the level ``M`` of ``sex`` and a variable ``sexM`` have the name ``sexM`` both.

    Parameters
    ----------
    parts : iterable of (Terms, ModelMatrix)
        The fixed part and those of the random effects, which may share terms.

    Raises
    ------
    FormulaError
        Naming the column and both terms.
    """
    owners: dict[str, str] = {}
    for terms, matrix in parts:
        labels = [terms.label(term) for term in terms.terms] + [INTERCEPT]
        for name, position in zip(matrix.names, matrix.assign, strict=True):
            owner = owners.setdefault(name, labels[position])
            if owner != labels[position]:
                raise FormulaError(
                    f"the terms {owner} and {labels[position]} both have a column named {name!r}; "
                    "rename one of the variables"
                )


def _check_levels(value: Value, label: str, full: bool) -> None:
    if isinstance(value, FactorValue) and not full and len(value.levels) < 2:
        raise FormulaError(
            f"{label} has only the level {value.levels[0]!r}, so there is no contrast to estimate; "
            f"leave it out of the formula"
        )
