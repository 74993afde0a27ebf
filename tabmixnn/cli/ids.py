"""Ids of groups in text files, where 001 and 1 are two of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

PLAIN = re.compile(r"-?(0|[1-9]\d{0,14})(\.0+|\.\d{0,14}[1-9])?")
"""Numbers that are read and written again as they stand; 001, 1e5 and 3.10 are not."""


def id_columns(formula: str) -> list[str]:
    """Return the columns that a formula has as grouping factors and as nothing else."""
    from tabmixnn.formula import Formula

    read = Formula.parse(formula)
    response = set() if read.response is None else read.variables.difference(read.predictors)
    others = {*read.covariates, *response}
    return [name for name in read.predictors if name not in others]


def id_columns_of(model: Any) -> list[str]:
    """Return the ids and categories of a fitted model that it knows as text, not as numbers.

    A model that was fitted to a table whose ids were numbers takes them as numbers again.
    """
    design = model._design
    if model.formula is None:
        levels = dict(zip(design.cat_names, design.cat_levels, strict=True))
    else:
        names = {*id_columns(str(design.formula))}
        names |= {name for name, kind in design.learned.kinds.items() if kind == "factor"}
        factors = design.learned.factors
        levels = {
            name: factors[name]["levels"]
            for name in design.formula.predictors
            if name in names and name in factors
        }
    return [name for name, known in levels.items() if not all(map(_is_plain, known))]


def are_numbers(texts: pd.Series) -> bool:
    """Whether all values of a column of text stay what they are when read as numbers."""
    return all(map(_is_plain, texts.dropna().unique()))


def _is_plain(text: str) -> bool:
    return PLAIN.fullmatch(str(text).strip()) is not None
