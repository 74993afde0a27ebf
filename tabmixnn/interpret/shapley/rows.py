"""Rows put together from an explained row and a background row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula import Design
from tabmixnn.formula.columns import plain
from tabmixnn.formula.reads import fixed_columns, fixed_reads, without_effects
from tabmixnn.inference.exact.placed_frame import PlacedFrame


class FormulaRows:
    """The rows of a model with a formula.

    Parameters
    ----------
    design : Design
    frame : ModelFrame or PlacedFrame
        Of the n rows to explain.
    data : DataFrame, n rows
    features : list of str, optional
        The features of an engine that reads them in the frame's data; by default the columns
        that the fixed part of the formula reads.

    Attributes
    ----------
    columns : DataFrame, n rows
        The features.
    reads : list of frozenset of str
        The columns that each term of the fixed part reads.
    """

    def __init__(
        self, design: Design, frame: Any, data: pd.DataFrame, features: list[str] | None = None
    ) -> None:
        self.frame = frame
        names = fixed_columns(design) if features is None else features
        # Numbers kept as objects are numbers, as the formula takes them.
        self.columns = data[names].assign(**{name: plain(data[name], name) for name in names})
        self._in_data = features is not None
        self.reads = fixed_reads(design)
        self._design = without_effects(design)

    def mixed(self, columns: pd.DataFrame, take: np.ndarray) -> Any:
        """Return the frame of m rows with other columns in the fixed part.

        Parameters
        ----------
        columns : DataFrame, m rows
            As the attribute of this name.
        take : ndarray of int64, shape (m,)
            The explained rows that their groups and slopes come from.
        """
        fixed = self._design.frame(columns, response=False, na_action="raise")
        blocks = [
            replace(block, codes=block.codes[take], Z=block.Z[take]) for block in self.frame.blocks
        ]
        frame = replace(fixed, blocks=blocks)
        if not isinstance(self.frame, PlacedFrame):
            return frame
        data = self.frame.data.iloc[take].reset_index(drop=True)
        if self._in_data:
            data = data.assign(**{name: columns[name] for name in columns})
        return PlacedFrame.of(frame, data)


class ColumnRows:
    """The rows of a model without a formula, which has no random effects.

    Parameters and attributes are those of `FormulaRows`.
    """

    def __init__(
        self, design: Any, frame: Any, data: Any, features: list[str] | None = None
    ) -> None:
        self.frame = frame
        names = None if isinstance(data, pd.DataFrame) else design.cont_names
        self.columns = pd.DataFrame(data, columns=names)
        self.reads = [frozenset([name]) for name in self.columns]
        self._design = design

    def mixed(self, columns: pd.DataFrame, take: np.ndarray) -> Any:
        """Return the frame of m rows; see `FormulaRows.mixed`."""
        return self._design.frame(columns)


def rows_of(
    design: Any, frame: Any, data: Any, features: list[str] | None = None
) -> FormulaRows | ColumnRows:
    """Return the rows of data that a fitted design has read into a frame."""
    kind = FormulaRows if isinstance(design, Design) else ColumnRows
    return kind(design, frame, data, features)
