"""The fixed part of a formula: R's design matrix, and its parts as a network takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.matrix import ModelMatrix, model_matrix
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.values import FactorValue


@dataclass(frozen=True)
class FixedPart:
    """The fixed part on n rows.

    Attributes
    ----------
    matrix : ModelMatrix
        The design matrix X, shape (n, p).
    cont_columns : ndarray of int64, shape (p_cont,)
        The columns of X that are neither the intercept nor a categorical main effect.
    cat : ndarray of int64, shape (n, p_cat)
        The codes of the categorical main effects, for embeddings (eq. 4 of the paper).
    cat_names : list of str, length p_cat
    cat_levels : list of list of str, length p_cat
    """

    matrix: ModelMatrix
    cont_columns: NDArray[np.int64]
    cat: NDArray[np.int64]
    cat_names: list[str]
    cat_levels: list[list[str]]


def fixed_part(terms: Terms, evaluator: Evaluator) -> FixedPart:
    """Build the fixed part on the evaluator's rows."""
    matrix = model_matrix(terms, evaluator)
    factors: dict[int, FactorValue] = {}
    for position, term in enumerate(terms.terms):
        first, *others = terms.members(term)
        value = evaluator.value(terms.variables[first])
        if not others and isinstance(value, FactorValue):
            factors[position] = value
    cont = [
        column for column, term in enumerate(matrix.assign) if term >= 0 and term not in factors
    ]
    codes = [factor.codes for factor in factors.values()]
    return FixedPart(
        matrix=matrix,
        cont_columns=np.array(cont, dtype=np.int64),
        cat=np.column_stack(codes) if codes else np.empty((len(evaluator), 0), dtype=np.int64),
        cat_names=[terms.label(terms.terms[position]) for position in factors],
        cat_levels=[list(factor.levels) for factor in factors.values()],
    )
