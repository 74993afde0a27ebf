"""The fixed part of a formula: R's design matrix, and its parts as a network takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.matrix import ModelMatrix, model_matrix
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.values import FactorValue


@dataclass(frozen=True, eq=False)
class FixedPart:
    """The fixed part on n rows.

    Attributes
    ----------
    matrix : ModelMatrix
        The design matrix X, shape (n, p).
    main_effects : frozenset of int
        The positions of the terms that are categorical main effects.
    cat : ndarray of int64, shape (n, p_cat)
        The codes of the categorical main effects, for embeddings (eq. 4 of the paper).
    cat_names : list of str, length p_cat
    cat_levels : list of list of str, length p_cat
    """

    matrix: ModelMatrix
    main_effects: frozenset[int]
    cat: NDArray[np.int64]
    cat_names: list[str]
    cat_levels: list[list[str]]

    @property
    def cont_names(self) -> list[str]:
        """The names of the columns that :meth:`cont` makes."""
        pairs = zip(self.matrix.names, self.matrix.assign, strict=True)
        return [name for name, term in pairs if self._is_continuous(term)]

    @property
    def cont_columns(self) -> list[int]:
        """The positions of these columns in the design matrix."""
        return [j for j, term in enumerate(self.matrix.assign) if self._is_continuous(term)]

    def cont(self) -> NDArray[np.float64]:
        """Return what is neither the intercept nor in `cat`, shape (n, p_cont)."""
        return self.matrix.build(self._is_continuous)

    def _is_continuous(self, term: int) -> bool:
        return term >= 0 and term not in self.main_effects


def fixed_part(terms: Terms, evaluator: Evaluator) -> FixedPart:
    """Build the fixed part on the evaluator's rows."""
    matrix = model_matrix(terms, evaluator)
    factors: dict[int, FactorValue] = {}
    for position, term in enumerate(terms.terms):
        first, *others = terms.members(term)
        value = evaluator.value(terms.variables[first])
        if not others and isinstance(value, FactorValue):
            factors[position] = value
    codes = [factor.codes for factor in factors.values()]
    return FixedPart(
        matrix=matrix,
        main_effects=frozenset(factors),
        cat=np.column_stack(codes) if codes else np.empty((len(evaluator), 0), dtype=np.int64),
        cat_names=[terms.label(terms.terms[position]) for position in factors],
        cat_levels=[list(factor.levels) for factor in factors.values()],
    )
