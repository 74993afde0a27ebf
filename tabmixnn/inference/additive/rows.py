"""n rows as the additive model reads them: fixed effects, groups, and the predictors by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.table import Table, read_table

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class GroupColumns:
    """One random-effects term of the formula.

    Attributes
    ----------
    group : str
    names : list of str
        Of its q effects.
    codes : ndarray, shape (n,)
        Levels; -1 for one that the training rows did not have.
    Z : ndarray, shape (n, q)
    n_levels : int
    correlated : bool
        Whether the effects' covariance is full.
    """

    group: str
    names: list[str]
    codes: Codes
    Z: Array
    n_levels: int
    correlated: bool


@dataclass(frozen=True, eq=False)
class Rows:
    """n rows.

    Attributes
    ----------
    X : ndarray, shape (n, p)
        The formula's fixed effects, all columns.
    groups : tuple of GroupColumns
    table : Table
        The predictors.
    offset : ndarray, shape (n,)
    """

    X: Array
    groups: tuple[GroupColumns, ...]
    table: Table
    offset: Array

    @classmethod
    def of(
        cls, design: Any, frame: Any, table: Table | None = None, seen: Table | None = None
    ) -> Rows:
        """Read a frame of training rows or of new ones.

        Parameters
        ----------
        design : Design or ColumnDesign
        frame : ModelFrame or ColumnFrame
        table : Table, optional
            The predictors, for a frame that has no data.
        seen : Table, optional
            Those of the training rows, for new ones.
        """
        groups = tuple(
            GroupColumns(
                block.group, block.names, block.codes, block.Z, len(block.levels), block.correlated
            )
            for block in frame.blocks
        )
        if table is None:
            table = read_table(design, frame, seen)
        return cls(frame.X, groups, table, frame.offset)

    def __len__(self) -> int:
        return len(self.X)

    def take(self, rows: Codes) -> Rows:
        """Return some of the rows."""
        groups = tuple(
            replace(each, codes=each.codes[rows], Z=each.Z[rows]) for each in self.groups
        )
        return Rows(
            self.X[rows],
            groups,
            self.table.take(rows),
            self.offset[rows],
        )

    def with_number(self, name: str, values: Array) -> Rows:
        """Return the rows with a further predictor, shape (n,)."""
        table = Table({**self.table.numbers, name: values}, self.table.labels)
        return replace(self, table=table)

    def within(self, seen: Rows) -> Rows:
        """Return the rows with predictors beyond those of `seen` at the nearest of them.

        The columns of the formula's random effects, too.
        """
        groups = tuple(
            replace(each, Z=np.clip(each.Z, known.Z.min(axis=0), known.Z.max(axis=0)))
            for each, known in zip(self.groups, seen.groups, strict=True)
        )
        return replace(self, groups=groups, table=self.table.within(seen.table))

    def as_new(self, group: str, seen: Rows) -> Rows:
        """Return the rows with levels that `seen` does not have as new, at least those of `group`.

        Parameters
        ----------
        group : str
        seen : Rows
        """
        groups = []
        for each in self.groups:
            known = np.isin(each.codes, seen.codes(each.group)) & (each.group != group)
            groups.append(replace(each, codes=np.where(known, each.codes, -1)))
        return replace(self, groups=tuple(groups))

    def of_new_groups(self) -> Rows:
        """Return the rows with levels of every grouping factor that were not seen."""
        groups = tuple(replace(each, codes=np.full_like(each.codes, -1)) for each in self.groups)
        return replace(self, groups=groups)

    def with_effects(self, active: Sequence[NDArray[np.bool_]]) -> Rows:
        """Return the rows with some of the formula's random effects at zero.

        Parameters
        ----------
        active : sequence of ndarray of bool, each of shape (q,)
            Which effects of each term are on.
        """
        groups = tuple(
            replace(each, Z=each.Z * on) for each, on in zip(self.groups, active, strict=True)
        )
        return replace(self, groups=groups)

    def n_levels(self, group: str) -> int:
        """Return how many levels of a grouping factor the training rows have."""
        return next(each.n_levels for each in self.groups if each.group == group)

    def codes(self, group: str | None) -> Codes:
        """Return the levels of a grouping factor; None stands for one level with all rows."""
        for each in self.groups:
            if each.group == group:
                return each.codes
        return np.zeros(len(self), dtype=np.int64)
