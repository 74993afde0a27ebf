"""A design that learns further groups from further data and forgets nothing."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd

from tabmixnn.formula.design import Design
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.groups import group_factors
from tabmixnn.formula.nodes import Name, deparse


def with_new_groups(design: Design, data: pd.DataFrame) -> Design:
    """Return the design with the groups of `data` that it does not know, after those it knows.

    Known groups keep their codes. Everything else stays as it was learned: fixed factors get no
    further levels, and transforms keep their state.

    Parameters
    ----------
    design : Design
    data : DataFrame
        Rows with the design's columns.

    Raises
    ------
    FormulaError
        If a grouping factor with new levels is a fixed factor too, whose columns cannot grow, or
        is no plain column.
    """
    grown = Design.from_dict(deepcopy(design.to_dict()))
    fixed = {deparse(n) for terms in (design._fixed, *design._random) for n in terms.variables}
    before = {name: len(state["levels"]) for name, state in design.learned.factors.items()}
    for term in design.formula.random:
        fresh = Design.fit(f"~ (1 | {term.group})", data, na_action="omit").learned.factors
        for node in group_factors(term.group):
            label = deparse(node)
            known = grown.learned.factors[label]["levels"]
            present = set(known)
            new = [level for level in fresh[label]["levels"] if level not in present]
            if new and (label in fixed or not isinstance(node, Name)):
                raise FormulaError(
                    f"{label} has the new level {new[0]!r}, but only a plain column that is no "
                    "fixed effect can take new groups; fit the model to all rows anew"
                )
            known += new
    for term in design.formula.random:
        if term.group in grown.learned.groups:
            _add_combinations(grown, term.group, before, data)
    return grown


def _add_combinations(
    grown: Design, group: str, before: dict[str, int], data: pd.DataFrame
) -> None:
    """Number the combinations of an interaction by the factors' new sizes; add those of `data`."""
    labels = [deparse(node) for node in group_factors(group)]
    sizes = [len(grown.learned.factors[label]["levels"]) for label in labels]
    old = np.array(grown.learned.groups[group]["keys"], dtype=np.int64)
    parts = []
    for label in reversed(labels):
        old, codes = np.divmod(old, before[label])
        parts.append(codes)
    known = _keys(parts[::-1], sizes)
    fresh = Design.fit_frame(f"~ (1 | {group})", data, na_action="omit")[0].learned
    found = np.array(fresh.groups[group]["keys"], dtype=np.int64)
    parts = []
    for label in reversed(labels):
        levels = fresh.factors[label]["levels"]
        found, codes = np.divmod(found, len(levels))
        place = {level: i for i, level in enumerate(grown.learned.factors[label]["levels"])}
        parts.append(np.array([place[level] for level in levels], dtype=np.int64)[codes])
    new = np.setdiff1d(_keys(parts[::-1], sizes), known)
    grown.learned.groups[group] = {"keys": [*known.tolist(), *new.tolist()]}


def _keys(parts: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    keys = parts[0]
    for codes, size in zip(parts[1:], sizes[1:], strict=True):
        keys = keys * size + codes
    return keys
