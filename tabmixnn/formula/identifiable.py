"""A design without the random effects that its rows cannot tell from noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from tabmixnn.formula.bars import RandomTerm, split_terms
from tabmixnn.formula.design import Design
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.parser import parse_expression
from tabmixnn.formula.terms import expand


def identifiable(
    design: Design, frame: ModelFrame, data: pd.DataFrame
) -> tuple[Design, ModelFrame]:
    """Leave out effects of which there are as many as rows, as lme4's check has it.

    A term of several effects a group comes apart first, as ``||`` takes it apart: its pieces may
    have few enough each. What still has as many effects as there are rows goes.

    Parameters
    ----------
    design : Design
    frame : ModelFrame
        Of the training rows, n of them.
    data : DataFrame
        What the frame was made of.

    Returns
    -------
    design : Design
        The same one if there is nothing to leave out.
    frame : ModelFrame
        Of the same rows.
    """
    kept = data.iloc[frame.rows]
    # More than once: a factor alone has more columns than beside an intercept.
    while (formula := _fewer_effects(design.formula, frame)) != design.formula:
        fresh, found = Design.fit_frame(formula, kept, unseen_levels=design.unseen_levels)
        design = replace(fresh, na_action=design.na_action)
        frame = replace(found, rows=frame.rows)
    return design, frame


def _fewer_effects(formula: Formula, frame: ModelFrame) -> Formula:
    """Take every term apart that has too many effects, or leave it out."""
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
