"""A model frame that still has the columns on which covariance structures stand."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from tabmixnn.encoder.covariance import LevelContext
from tabmixnn.formula import Design
from tabmixnn.formula.frame import ModelFrame


@dataclass(frozen=True, eq=False)
class PlacedFrame(ModelFrame):
    """A model frame with the rows it was made of.

    Times and coordinates of ``cov_struct_map`` are no part of the formula, so the matrices do
    not hold them.

    Attributes
    ----------
    data : DataFrame, n rows
        The rows of the data that are used.
    """

    data: pd.DataFrame

    @classmethod
    def of(cls, frame: ModelFrame, data: pd.DataFrame) -> PlacedFrame:
        """Return the frame with the rows of `data` that it uses."""
        return cls(**_parts(frame), data=data.iloc[frame.rows])

    def new_levels(self, group: str, rows: np.ndarray) -> LevelContext:
        """Return the levels of a group in some rows, none of which the training rows had.

        Parameters
        ----------
        group : str
            The text of the group in the formula, which names its levels.
        rows : ndarray of int64, shape (m,)
        """
        data = self.data.iloc[rows]
        # The formula names levels; a design of the group alone names the new ones in the same way.
        block = Design.fit_frame(f"~ (1 | {group})", data)[1].blocks[0]
        present, codes = np.unique(block.codes, return_inverse=True)
        return LevelContext(block.group, block.levels[present], codes, data)

    def bare(self) -> ModelFrame:
        """Return the frame without the data."""
        return ModelFrame(**_parts(self))


def _parts(frame: ModelFrame) -> dict:
    return {field.name: getattr(frame, field.name) for field in fields(ModelFrame)}
