"""The matrices of one data frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.formula.fixed import FixedPart
from tabmixnn.formula.groups import RandomBlock
from tabmixnn.formula.unseen import Unseen


@dataclass(frozen=True, eq=False)
class ModelFrame:
    """What a design makes of a data frame; n rows.

    Attributes
    ----------
    fixed : FixedPart
        What `X`, `cont` and `cat` are made of.
    y : ndarray of float64, shape (n,) or (n, 2), or None
        The response; see :func:`tabmixnn.formula.response.response_values`.
    offset : ndarray of float64, shape (n,)
        The sum of the offsets.
    blocks : list of RandomBlock
        One a random-effects term, in the order of `Formula.random`.
    index : pandas.Index, length n
        The labels of the rows of the data that are used.
    rows : ndarray of int64, shape (n,)
        Their positions in the data.
    unseen : tuple of Unseen
        Levels of predictors that the training data did not have.
    """

    fixed: FixedPart
    y: NDArray[np.float64] | None
    offset: NDArray[np.float64]
    blocks: list[RandomBlock]
    index: pd.Index
    rows: NDArray[np.int64]
    unseen: tuple[Unseen, ...] = field(default=(), kw_only=True)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    @cached_property
    def X(self) -> NDArray[np.float64]:
        """The fixed-effects design with R's columns, `Design.fixed_names`: shape (n, p).

        Made when first asked for, so that a network which embeds a factor with many levels never
        has a column for each.
        """
        return self.fixed.matrix.values

    @cached_property
    def cont(self) -> NDArray[np.float64]:
        """The columns of X, `Design.cont_names`, that are not in `cat`: shape (n, p_cont)."""
        return self.fixed.cont()

    @property
    def cat(self) -> NDArray[np.int64]:
        """Codes of the factors that are main effects, `Design.cat_names`: shape (n, p_cat).

        -1 stands for a level that the training data did not have.
        """
        return self.fixed.cat
