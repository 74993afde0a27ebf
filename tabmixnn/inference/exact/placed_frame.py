"""A model frame that still has the columns on which covariance structures stand."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pandas as pd

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

    def bare(self) -> ModelFrame:
        """Return the frame without the data."""
        return ModelFrame(**_parts(self))


def _parts(frame: ModelFrame) -> dict:
    return {field.name: getattr(frame, field.name) for field in fields(ModelFrame)}
