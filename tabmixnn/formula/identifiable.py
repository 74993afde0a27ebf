"""A formula without the random effects that its rows cannot tell from noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tabmixnn.formula.bars import RandomTerm, split_terms
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.terms import expand


def identifiable(formula: Formula, frame: ModelFrame) -> Formula:
    """Leave out effects of which there are as many as rows, as lme4's check has it.

    A term of several effects a group comes apart first, as ``||`` takes it apart: its pieces may
    have few enough each. What still has as many effects as there are rows goes.

    Parameters
    ----------
    formula : Formula
    frame : ModelFrame
        The n training rows that the formula's design makes.

    Returns
    -------
    Formula
        The same one if there is nothing to leave out; else one whose own frame may want another
        look, because a factor alone can have more columns than beside an intercept.
    """
    random: list[RandomTerm] = []
    for term, block in zip(formula.random, frame.blocks, strict=True):
        if block.n_levels * block.Z.shape[1] < len(frame):
            random.append(term)
        else:
            random += _pieces(term)
    return replace(formula, random=tuple(random))


def _pieces(term: RandomTerm) -> Iterator[RandomTerm]:
    """Yield the terms of a term, or nothing if it is a single one."""
    expressions = list(split_terms(expand(parse_expression(term.expr), term.expr)))
    if len(expressions) > 1:
        for expression in expressions:
            yield replace(term, expr=expression)
