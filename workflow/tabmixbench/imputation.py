"""Missing predictors: how an entry's rules fill them, without a look at the target."""

from __future__ import annotations

import pandas as pd

from tabmixbench.registry import Dataset

MISSING_LEVEL = "missing"
MEDIAN = "median"


def with_missing_levels(values: pd.Series) -> pd.Series:
    """Make what is missing a level of its own, as is done once for all rows."""
    return values.astype(object).where(values.notna(), MISSING_LEVEL)


def filled(
    train: pd.DataFrame, test: pd.DataFrame, dataset: Dataset
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fill numbers that rule `median` is for, in both, by the medians of the training rows.

    Parameters
    ----------
    train, test : DataFrame
        Prepared rows of one split.
    dataset : Dataset
        Whose entry has the rules.

    Returns
    -------
    train, test : DataFrame
        Copies without missing values.
    """
    columns = [name for name, each in dataset.impute.items() if each.rule == MEDIAN]
    medians = train[columns].median()
    return train.fillna(medians), test.fillna(medians)
