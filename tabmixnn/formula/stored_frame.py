"""A model frame without the formula that made it, as model files keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.frame import ModelFrame
from tabmixnn.formula.groups import RandomBlock


@dataclass(frozen=True, eq=False)
class StoredFrame:
    """The matrices of n rows, with the attributes of a `ModelFrame`.

    Attributes
    ----------
    X : ndarray, shape (n, p)
    cont_columns : ndarray of int64, shape (p_cont,)
        Which columns of `X` are those of `cont`.
    cat : ndarray of int64, shape (n, p_cat)
    offset : ndarray, shape (n,)
    blocks : list of RandomBlock
    index : pandas.Index, length n
    rows : ndarray of int64, shape (n,)
    """

    X: NDArray[np.float64]
    cont_columns: NDArray[np.int64]
    cat: NDArray[np.int64]
    offset: NDArray[np.float64]
    blocks: list[RandomBlock]
    index: pd.Index
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, frame: ModelFrame) -> StoredFrame:
        """Return what a `ModelFrame` holds."""
        return cls(
            X=frame.X,
            cont_columns=np.array(frame.fixed.cont_columns, dtype=np.int64),
            cat=frame.cat,
            offset=frame.offset,
            blocks=list(frame.blocks),
            index=frame.index,
            rows=frame.rows,
        )

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @property
    def cont(self) -> NDArray[np.float64]:
        """The columns of X that are not in `cat`, shape (n, p_cont)."""
        return self.X[:, self.cont_columns]


def stored(frame: Any) -> Any:
    """Return a frame in a form that a model file can hold: one without a formula is in it."""
    return StoredFrame.of(frame) if isinstance(frame, ModelFrame) else frame
