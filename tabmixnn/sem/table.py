"""The parameter table that lavaan makes of a model."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import pandas as pd

from tabmixnn.sem.errors import ModelError
from tabmixnn.sem.modifiers import Modifiers
from tabmixnn.sem.parser import ParsedModel
from tabmixnn.sem.variables import VariableNames


@dataclass(frozen=True)
class TableOptions:
    """What is added to the paths that a model names; the defaults are those of ``sem()``.

    The (residual) variances, the covariances of exogenous latent variables and of final outcomes
    and the intercepts of observed variables are free; the first loading of every latent variable
    is one, and the residual variance of a single indicator zero.

    Parameters
    ----------
    meanstructure : bool or None
        Whether there are intercepts; None if the model names one.
    fixed_x : bool
        Whether the moments of exogenous variables are those of the sample.
    std_lv : bool
        Fix the latent variances to one instead of the first loadings.
    orthogonal : bool
        Fix the covariances of exogenous latent variables to zero.
    """

    meanstructure: bool | None = None
    fixed_x: bool = True
    std_lv: bool = False
    orthogonal: bool = False


@dataclass
class _Row:
    lhs: str
    op: str
    rhs: str
    user: int = 0
    block: int = 1
    group: int = 1
    free: int = 1
    ustart: float = math.nan
    exo: int = 0
    label: str = ""
    plabel: str = ""

    def fix(self, value: float) -> None:
        self.free, self.ustart = 0, value


def parameter_table(model: ParsedModel, options: TableOptions | None = None) -> pd.DataFrame:
    """Return lavaan's parameter table of a model for one group.

    Parameters
    ----------
    model : ParsedModel
    options : TableOptions, optional
        By default as ``sem()`` and ``cfa()``.

    Returns
    -------
    DataFrame
        One row a parameter or constraint with the columns ``id``, ``lhs``, ``op``, ``rhs``,
        ``user`` (1 if the model names it, 0 if it was added, 2 for an equality of labels),
        ``block``, ``group``, ``free`` (0 if fixed, otherwise its number), ``ustart`` (fixed or
        starting value), ``exo``, ``label`` and ``plabel``.

    Raises
    ------
    ModelError
        If a constraint refers to a label that no parameter has, or a definition is of a label
        that there is already.
    """
    options = TableOptions() if options is None else options
    names = VariableNames.of(model.elements)
    rows = [_Row(e.lhs, e.op, e.rhs, user=1) for e in model.elements]
    rows += _added(rows, names, options)
    _apply_defaults(rows, names, options)
    for row, element in zip(rows, model.elements, strict=False):
        _modify(row, element.modifiers)
    for number, row in enumerate(rows, 1):
        row.plabel = f".p{number}."
    constraints = [
        _Row(c.lhs.text, c.op, c.rhs.text, user=1, block=0, group=0, free=0)
        for c in model.constraints
    ]
    constraints += _equalities(rows)
    for number, row in enumerate((row for row in rows if row.free), 1):
        row.free = number
    for row in constraints:
        if row.op == ":=":
            row.label = row.lhs
    _check_labels(model, rows)
    table = pd.DataFrame([vars(row) for row in rows + constraints])
    table.insert(0, "id", range(1, len(table) + 1))
    return table


def _added(rows: list[_Row], names: VariableNames, options: TableOptions) -> list[_Row]:
    """Return the variances, covariances and intercepts that the model does not name itself."""
    pairs = [(name, name) for name in (*names.modelled, *names.latent)]
    pairs += combinations(names.exogenous_latent, 2)
    pairs += combinations(names.outcomes, 2)
    pairs += combinations_with_replacement(names.exogenous, 2)
    known = {frozenset((row.lhs, row.rhs)) for row in rows if row.op == "~~"}
    added = [_Row(lhs, "~~", rhs) for lhs, rhs in pairs if frozenset((lhs, rhs)) not in known]
    intercepts = {row.lhs for row in rows if row.op == "~1"}
    wanted = options.meanstructure
    if wanted or (wanted is None and intercepts):
        everything = (*names.observed, *names.latent)
        added += [_Row(name, "~1", "") for name in everything if name not in intercepts]
    return added


def _apply_defaults(rows: list[_Row], names: VariableNames, options: TableOptions) -> None:
    loadings = [row for row in rows if row.op == "=~"]
    added = [row for row in rows if row.user == 0]
    for row in added:
        if row.op == "~~":
            scaled = options.std_lv and row.lhs == row.rhs and row.lhs in names.latent
            independent = options.orthogonal and {row.lhs, row.rhs} <= {*names.exogenous_latent}
            if independent and row.lhs != row.rhs:
                row.fix(0.0)
            elif scaled:
                row.fix(1.0)
        elif row.lhs in names.latent:
            row.fix(0.0)
        if options.fixed_x and row.lhs in names.exogenous:
            row.free, row.exo, row.ustart = 0, 1, math.nan
    if not options.std_lv:
        for name in names.latent:
            next(row for row in loadings if row.lhs == name).fix(1.0)
    indicators = Counter(row.lhs for row in loadings)
    measured = Counter(row.rhs for row in loadings)
    single = {r.rhs for r in loadings if indicators[r.lhs] == 1 and measured[r.rhs] == 1}
    for row in added:
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in single:
            row.fix(0.0)


def _modify(row: _Row, modifiers: Modifiers) -> None:
    if modifiers.fixed is not None:
        row.ustart = modifiers.fixed
        row.free = int(math.isnan(modifiers.fixed))
    if modifiers.start is not None:
        row.ustart = modifiers.start
    if modifiers.label is not None:
        row.label = modifiers.label


def _equalities(rows: list[_Row]) -> list[_Row]:
    """Return an equality for every free parameter whose label an earlier one has.

    A parameter without a label can be referred to by what it is, as in ``equal("f=~x2")``. If one
    of several with the same label is fixed, all are.
    """
    labels = [row.label or f"{row.lhs}{row.op}{row.rhs}" for row in rows]
    constraints = []
    for label, count in Counter(labels).items():
        if count == 1:
            continue
        same = [row for row, found in zip(rows, labels, strict=True) if found == label]
        fixed = next((row for row in same if not row.free), None)
        for row in same:
            if fixed is not None:
                row.fix(fixed.ustart)
            elif row is not same[0]:
                equality = _Row(same[0].plabel, "==", row.plabel, user=2, block=0, group=0, free=0)
                constraints.append(equality)
            if not row.label and fixed is None:
                row.label = same[0].plabel
    order = {row.plabel: position for position, row in enumerate(rows)}
    return sorted(constraints, key=lambda row: order[row.rhs])


def _check_labels(model: ParsedModel, rows: list[_Row]) -> None:
    known = {row.label for row in rows if row.label} | {row.plabel for row in rows}
    for constraint in model.constraints:
        shown = f"{constraint.lhs.text} {constraint.op} {constraint.rhs.text}"
        sides = (constraint.rhs,) if constraint.op == ":=" else (constraint.lhs, constraint.rhs)
        for name in (name for side in sides for name in side.names):
            if name not in known:
                raise ModelError(
                    f"The constraint '{shown}' refers to {name!r}, but no parameter has that "
                    "label; write it before a variable, as in 'y ~ label*x'."
                )
        if constraint.op == ":=":
            name = constraint.lhs.text
            if name in known:
                raise ModelError(
                    f"The constraint '{shown}' defines {name!r}, which is a label already; define "
                    "a new one."
                )
            known.add(name)
