"""The predictors of n rows, by name: numbers and labels."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.check import columns_of
from tabmixnn.formula.columns import (
    as_numbers,
    is_logical,
    is_numeric,
    level_names,
    plain,
    read_again,
)
from tabmixnn.formula.errors import FormulaError
from tabmixnn.formula.factors import NOMINAL
from tabmixnn.formula.formula import Formula
from tabmixnn.formula.groups import group_factors
from tabmixnn.formula.nodes import Call, Name

LEARNED = "f(x)"
"""What networks make of the others is a number of this name."""


@dataclass(frozen=True)
class Table:
    """Columns of n rows.

    Attributes
    ----------
    numbers : dict of str to ndarray of float64, shape (n,)
    labels : dict of str to ndarray of str, shape (n,)
        None where there is no level, for want of having been seen.
    """

    numbers: Mapping[str, NDArray[np.float64]]
    labels: Mapping[str, NDArray[np.object_]]

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Return some of the rows."""
        return Table(
            {name: values[rows] for name, values in self.numbers.items()},
            {name: values[rows] for name, values in self.labels.items()},
        )

    def within(self, seen: Table) -> Table:
        """Return the rows with numbers beyond those of `seen` at the nearest of them."""
        clipped = {
            name: np.clip(values, seen.numbers[name].min(), seen.numbers[name].max())
            for name, values in self.numbers.items()
        }
        return Table(clipped, self.labels)


def read_names(design: Any) -> list[str]:
    """Return the columns that predictions are made of, grouping factors left out."""
    if not hasattr(design, "formula"):
        return [*design.cont_names, *design.cat_names]
    return _without_groups(design.formula)


def predictor_names(design: Any) -> list[str]:
    """Return those of the predictors: what an offset adds is known, so it has no terms."""
    return _without_groups(replace(design.formula, offsets=()))


def _without_groups(formula: Formula) -> list[str]:
    grouping = {
        name
        for term in formula.random
        for node in group_factors(term.group)
        if isinstance(node, Name) or (isinstance(node, Call) and node.function in NOMINAL)
        for name in columns_of(node)
    }
    return [name for name in formula.predictors if name not in grouping]


def read_table(design: Any, frame: Any, seen: Table | None = None) -> Table:
    """Return the predictors of a frame's rows.

    Parameters
    ----------
    design : Design or ColumnDesign
    frame : PlacedFrame or ColumnFrame
        With a formula, a frame that has its data.
    seen : Table, optional
        The training rows, which say of every column whether it holds numbers or labels.

    Raises
    ------
    FormulaError
        If a column held numbers in the training rows and does no longer.
    """
    if hasattr(frame, "data"):
        if seen is None:
            return _learn(frame.data, predictor_names(design), design.formula.only_levels)
        return _read_again(frame.data, seen, design.learned.kinds)
    _check_names([*design.cont_names, *design.cat_names])
    numbers = dict(zip(design.cont_names, frame.cont.T, strict=True))
    labels = {
        # A level that was never seen has no name; "" may be one of the others'.
        name: np.append(np.asarray(levels, dtype=object), None)[codes]
        for name, levels, codes in zip(
            design.cat_names, design.cat_levels, frame.cat.T, strict=True
        )
    }
    return Table(numbers, labels)


def _check_names(names: Collection[str]) -> None:
    if LEARNED in names:
        raise FormulaError(
            f"a column is called {LEARNED!r}, which is what inference='auto' calls its networks'; "
            "rename it"
        )


def _learn(data: pd.DataFrame, names: list[str], only_levels: Collection[str]) -> Table:
    """Return predictors of the training rows, as numbers where they are and mean that."""
    _check_names(names)
    numbers, labels = {}, {}
    for name in names:
        column = plain(data[name], name)
        if is_numeric(column) and name not in only_levels:
            numbers[name] = _as_numbers(column, name)
        else:
            labels[name] = level_names(column)
    return Table(numbers, labels)


def _read_again(data: pd.DataFrame, seen: Table, kinds: Mapping[str, str]) -> Table:
    """Return predictors of new rows as what they were in the training rows."""
    given = [name for name in seen.numbers if name != LEARNED]
    numbers = {name: _as_numbers(plain(data[name], name), name) for name in given}
    labels = {
        name: level_names(read_again(plain(data[name], name), kinds.get(name)))
        for name in seen.labels
    }
    return Table(numbers, labels)


def _as_numbers(column: pd.Series, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, or of their names: ``factor(k)`` reads both alike."""
    if is_numeric(column) or is_logical(column):
        return as_numbers(column, name)
    try:
        return level_names(column).astype(np.float64)
    except ValueError:
        raise FormulaError(
            f"column {name!r} held numbers in the training data and is now categorical"
        ) from None
