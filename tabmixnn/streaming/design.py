"""The design of a formula on a file."""

from __future__ import annotations

from tabmixnn.formula import Design, Formula
from tabmixnn.streaming.learning import learn_design
from tabmixnn.streaming.rows import FileRows
from tabmixnn.streaming.source import Source


def design_of(
    formula: Formula,
    source: Source,
    *,
    weights: str | None,
    unseen_levels: str,
    na_action: str,
    progress: bool,
) -> tuple[Design, FileRows]:
    """Learn a design from a source; see `Design.fit` for the parameters.

    Raises
    ------
    FormulaError
        If the formula cannot be applied to the rows.
    """
    beside = [] if weights is None else [weights]
    source.check_columns([*sorted(formula.variables), *beside])
    if formula.has_dot:
        formula = formula.expand_dot(source.columns)
        source.check_columns(sorted(formula.variables))
    design = Design(formula, unseen_levels, na_action)
    names = [*formula.predictors, *sorted(formula.variables.difference(formula.predictors))]
    rows = FileRows(source, names, weights, na_action, progress=progress)
    learn_design(design, rows)
    return design, rows
