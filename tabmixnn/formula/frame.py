"""The matrices of one data frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.groups import RandomBlock


@dataclass(frozen=True)
class ModelFrame:
    """What a design makes of a data frame; n rows.

    Attributes
    ----------
    X : ndarray of float64, shape (n, p)
        The fixed-effects design with R's columns, `Design.fixed_names`.
    y : ndarray of float64, shape (n,) or (n, 2), or None
        The response; see :func:`tabmixnn.formula.response.response_values`.
    offset : ndarray of float64, shape (n,)
        The sum of the offsets.
    blocks : list of RandomBlock
        One a random-effects term, in the order of `Formula.random`.
    cat : ndarray of int64, shape (n, p_cat)
        Codes of the factors that are main effects, `Design.cat_names`; -1 for an unseen level.
    index : pandas.Index, length n
        The labels of the rows of the data that are used.
    rows : ndarray of int64, shape (n,)
        Their positions in the data.
    cont_columns : ndarray of int64, shape (p_cont,)
        The columns of X that are neither the intercept nor a main effect in `cat`.
    """

    X: NDArray[np.float64]
    y: NDArray[np.float64] | None
    offset: NDArray[np.float64]
    blocks: list[RandomBlock]
    cat: NDArray[np.int64]
    index: pd.Index
    rows: NDArray[np.int64]
    cont_columns: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.X)

    @cached_property
    def cont(self) -> NDArray[np.float64]:
        """The columns of X for a network's continuous input, shape (n, p_cont)."""
        return self.X[:, self.cont_columns]
