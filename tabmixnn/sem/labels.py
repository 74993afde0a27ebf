"""Which entry of theta a path is, and what labels stand for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.sem.constraints import LabelledValues
from tabmixnn.sem.parser import Constraint
from tabmixnn.sem.ram import Array


def path_entries(paths: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.int64]:
    """Return the entry of theta that each path is, -1 if it is fixed.

    Paths with equal labels share one, so their equality needs no constraint.

    Parameters
    ----------
    paths : DataFrame
        The paths of the parameter table.
    table : DataFrame
        The whole table, with the equalities.
    """
    same = table[(table["op"] == "==") & (table["user"] == 2)]
    first = dict(zip(same["rhs"], same["lhs"], strict=True))
    known: dict[str, int] = {}
    entries = [
        known.setdefault(first.get(path.plabel, path.plabel), len(known)) if path.free else -1
        for path in paths.itertuples()
    ]
    return np.array(entries, dtype=np.int64)


def labelled_values(
    paths: pd.DataFrame,
    parameter: NDArray[np.int64],
    fixed: Array,
    constraints: Sequence[Constraint],
) -> LabelledValues:
    """Return what the labels of a model stand for; a path goes by its ``plabel`` too."""
    entries: dict[str, int] = {}
    numbers: dict[str, float] = {}
    for path, entry, value in zip(paths.itertuples(), parameter, fixed, strict=True):
        for name in filter(None, (path.label, path.plabel)):
            if entry >= 0:
                entries.setdefault(name, int(entry))
            else:
                numbers.setdefault(name, float(value))
    definitions = tuple(c for c in constraints if c.op == ":=")
    return LabelledValues(entries, numbers, definitions)
