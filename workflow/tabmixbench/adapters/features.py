"""Columns for tree models: numbers as they are, categories as pandas categoricals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


class FeatureTable:
    """Turn prepared rows into the frame a tree model sees, with the training rows' levels.

    A level that the training rows do not hold becomes a missing value, which boosted trees send
    down the branch they learned for missing values.

    Parameters
    ----------
    numeric, categorical : sequence of str
        Column names; the frame holds the numeric ones first.
    """

    def __init__(self, numeric: Sequence[str], categorical: Sequence[str]) -> None:
        self.numeric = tuple(numeric)
        self.categorical = tuple(categorical)

    @property
    def names(self) -> tuple[str, ...]:
        """Columns of the frame in order."""
        return self.numeric + self.categorical

    def fit(self, train: pd.DataFrame) -> FeatureTable:
        """Learn the levels of the categorical columns."""
        self.levels = {
            column: pd.Index(sorted(train[column].astype(str).unique()))
            for column in self.categorical
        }
        return self

    def transform(self, data: pd.DataFrame) -> pd.DataFrame:
        """Return the (n, features) frame: float64 and pandas categoricals."""
        columns = {name: data[name].astype("float64") for name in self.numeric}
        for name, levels in self.levels.items():
            codes = levels.get_indexer(data[name].astype(str))
            columns[name] = pd.Categorical.from_codes(codes, categories=levels)
        return pd.DataFrame(columns, index=data.index)
