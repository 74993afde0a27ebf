"""What it means that a term of the fixed part says nothing: its marginal (type III) hypothesis.

Averaged over all levels of its other factors, a term says something of the terms that it contains,
whatever the contrasts are. What a term and those that contain it say of differences between its
levels is zero under its hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from tabmixnn.formula.contrasts import CONTRASTS, FULL
from tabmixnn.formula.factors import FACTOR_FUNCTIONS
from tabmixnn.formula.learned import Learned
from tabmixnn.formula.matrix import codings
from tabmixnn.formula.nodes import Call, Name, Node, deparse
from tabmixnn.formula.terms import Terms
from tabmixnn.formula.transforms import TRANSFORMS


@dataclass(frozen=True)
class TermHypothesis:
    """The combinations of the fixed effects that a term's hypothesis says are zero.

    Attributes
    ----------
    label : str
        R's name of the term.
    L : ndarray, shape (r, p)
        Over all columns of the design.
    own : slice
        The term's own columns.
    """

    label: str
    L: np.ndarray
    own: slice


def term_hypotheses(design: Any) -> list[TermHypothesis]:
    """Return the marginal hypothesis of every term of the fixed part.

    Parameters
    ----------
    design : Design or ColumnDesign
    """
    if not hasattr(design, "terms"):
        return _of_columns(design)
    terms = design.terms[0]
    levels = [_contrast(node, design.learned, design.fixed_names) for node in terms.variables]
    widths = [_width(node, design.learned) for node in terms.variables]
    return _Fixed(terms, levels, widths).hypotheses(len(design.fixed_names))


def _of_columns(design: Any) -> list[TermHypothesis]:
    """Without a formula: every column of the data is a term."""
    sizes = [1] * len(design.cont_names) + [len(levels) - 1 for levels in design.cat_levels]
    unit, start, out = np.eye(len(design.fixed_names)), 1, []
    for label, size in zip([*design.cont_names, *design.cat_names], sizes, strict=True):
        own = slice(start, start + size)
        out.append(TermHypothesis(label, unit[own], own))
        start += size
    return out


def _contrast(node: Node, learned: Learned, names: list[str]) -> tuple[int, str] | None:
    """Return the number of levels and the contrasts of a variable, None if it is numeric."""
    label = deparse(node)
    if isinstance(node, Name):
        is_factor = learned.recall("kinds", node.name) != "numeric"
    else:
        is_factor = node.function in FACTOR_FUNCTIONS
        if node.function not in TRANSFORMS and any(f"{label}TRUE" in name for name in names):
            return 2, "treatment"  # a condition, as I(x > 0)
    if not is_factor:
        return None
    state = learned.recall("factors", label)
    return len(state["levels"]), state["contrast"]


def _width(node: Node, learned: Learned) -> int:
    """Return the number of columns of a numeric variable."""
    if isinstance(node, Call) and node.function in TRANSFORMS:
        state = learned.recall("transforms", deparse(node))
        return len(TRANSFORMS[node.function].suffixes(state))
    return 1


class _Fixed:
    """The fixed part as codings of its variables.

    Parameters
    ----------
    terms : Terms
    factors : list of (int, str) or None
        Levels and contrasts of the variables that are factors.
    widths : list of int
        Columns of those that are not.
    """

    def __init__(
        self, terms: Terms, factors: list[tuple[int, str] | None], widths: list[int]
    ) -> None:
        self.terms, self.factors, self.widths = terms, factors, widths
        self.codings = codings(terms, [factor is not None for factor in factors])

    def hypotheses(self, p: int) -> list[TermHypothesis]:
        """Return those of all terms, over p columns."""
        places, start = [], int(self.terms.intercept)
        for position in range(len(self.terms.terms)):
            size = self._part(position, position).shape[1]
            places.append(slice(start, start + size))
            start += size
        assert start == p
        out = []
        for position, term in enumerate(self.terms.terms):
            L = np.zeros((len(self._part(position, position)), p))
            for other, place in enumerate(places):
                if other == position or self._contains(other, position):
                    L[:, place] = self._part(other, position)
            out.append(TermHypothesis(self.terms.label(term), L, places[position]))
        return out

    def _contains(self, other: int, position: int) -> bool:
        """Whether a term is another and factors besides.

        None contains a term without its margins, such as the first factor of a formula without an
        intercept: its columns are values, not differences.
        """
        term, other = self.terms.terms[position], self.terms.terms[other]
        beside = self.terms.members(other & ~term)
        has_margins = not any(self.codings[position].values())
        return has_margins and not term & ~other and all(self.factors[each] for each in beside)

    def _part(self, other: int, position: int) -> np.ndarray:
        """Return what the columns of a term say of a term that it contains."""
        term, asked, parts = self.terms.terms[position], self.codings[position], []
        for variable, full in self.codings[other].items():
            factor = self.factors[variable]
            if factor is None:
                parts.append(np.eye(self.widths[variable]))
                continue
            size, name = factor
            columns = (FULL if full else CONTRASTS[name]).matrix(size)
            if not term >> variable & 1:
                parts.append(columns.mean(axis=0, keepdims=True))
            elif asked[variable]:
                parts.append(columns)
            else:
                # Against the first level, as lmerTest has it: rows decide the degrees of freedom.
                parts.append(columns[1:] - columns[:1])
        # The first variable varies fastest, as in the design.
        return reduce(lambda left, right: np.kron(right, left), parts)
