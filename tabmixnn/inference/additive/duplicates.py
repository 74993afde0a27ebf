"""Rows that are there twice are in every fold: cross-validation holds nothing out."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tabmixnn.caller import warn_caller
from tabmixnn.inference.additive.rows import Rows

MOST = 0.5
"""Share of rows that may have a twin; rounded responses of few predictors have some by chance."""


class DuplicateRowsWarning(UserWarning):
    """Most rows of a measured outcome are exact copies of others."""


def warn_of_duplicates(rows: Rows, y: NDArray[np.float64]) -> None:
    """Say so where most rows, responses included, are copies of others.

    Parameters
    ----------
    rows : Rows
        n training rows.
    y : ndarray, shape (n,)
        Their Gaussian responses.
    """
    if pd.Series(y).duplicated(keep=False).mean() <= MOST:
        return
    columns = {**rows.table.numbers, **rows.table.labels}
    # A predictor may have any name.
    columns |= {("group", each.group): each.codes for each in rows.groups} | {("response",): y}
    share = pd.DataFrame(columns).duplicated(keep=False).mean()
    if share > MOST:
        warn_caller(
            f"{share:.0%} of the rows are exact copies of others, responses included, so that no "
            "rows can be held out to tell what predicts: what grows on them fits noise. Drop the "
            "copies.",
            DuplicateRowsWarning,
        )
