"""Which columns of the data the parts of a fitted design read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from tabmixnn.formula.check import columns_of
from tabmixnn.formula.design import Design
from tabmixnn.formula.evaluate import Evaluator
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.matrix import INTERCEPT, model_matrix
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.terms import Terms


@dataclass(frozen=True)
class EffectTerm:
    """One term of a bar, such as ``x`` of ``(1 + x | g)``.

    Attributes
    ----------
    label : str
        R's label, ``"(Intercept)"`` for the intercept.
    columns : frozenset of str
        The columns it reads; none for the intercept.
    effects : tuple of int
        Positions of its effects among the block's; a factor has several.
    """

    label: str
    columns: frozenset[str]
    effects: tuple[int, ...]


def fixed_reads(design: Design) -> list[frozenset[str]]:
    """Return the columns that each fixed term, then each offset, of a design reads."""
    terms = design._fixed
    reads = [_columns_of_term(terms, term) for term in terms.terms]
    offsets = (parse_expression(text) for text in design.formula.offsets)
    return reads + [frozenset(columns_of(offset)) for offset in offsets]


def effect_terms(design: Design, data: pd.DataFrame) -> list[list[EffectTerm]]:
    """Return the terms of each bar of a design, in the order of a frame's blocks.

    Parameters
    ----------
    design : Design
    data : DataFrame
        One row or more that the design can read.
    """
    evaluator = Evaluator(
        data.iloc[:1], design.learned, learning=False, unseen=design.unseen_levels
    )
    out = []
    for terms in design._random:
        assign = np.array(model_matrix(terms, evaluator).assign)
        bar = []
        for position in dict.fromkeys(assign.tolist()):
            effects = tuple(np.flatnonzero(assign == position).tolist())
            if position < 0:
                bar.append(EffectTerm(INTERCEPT, frozenset(), effects))
                continue
            term = terms.terms[position]
            bar.append(EffectTerm(terms.label(term), _columns_of_term(terms, term), effects))
        out.append(bar)
    return out


def fixed_columns(design: Design) -> list[str]:
    """Return the columns that the fixed part and the offsets read, in order of appearance."""
    texts = (design.formula.fixed, *design.formula.offsets)
    found = (columns_of(parse_expression(text)) for text in texts)
    return list(dict.fromkeys(name for names in found for name in names))


def without_effects(design: Design) -> Design:
    """Return the design of the fixed part and the offsets alone, which reads no group."""
    formula = design.formula
    return replace(design, formula=Formula(None, formula.fixed, formula.offsets))


def _columns_of_term(terms: Terms, term: int) -> frozenset[str]:
    variables: Sequence = [terms.variables[bit] for bit in terms.members(term)]
    return frozenset(name for variable in variables for name in columns_of(variable))
