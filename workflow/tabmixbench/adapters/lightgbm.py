"""LightGBM with its defaults, or with its row thresholds fitted to small data and small groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.features import FeatureTable
from tabmixbench.adapters.new_groups import KnownGroups
from tabmixbench.adapters.thresholds import SHRINKAGES, scaled_thresholds
from tabmixbench.adapters.tree_settings import LIGHTGBM

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset

FIXED = {"deterministic": True, "force_row_wise": True}
"""Keep LightGBM from choosing its algorithm by timing it: numbers could change from run to run."""


class LightGBM(Adapter):
    """Gradient-boosted trees with the group ids as categoricals.

    LightGBM's defaults ask for 20 rows in a leaf and 100 rows behind a split on categories, so
    that on the smallest sets it cannot split at all and predicts a constant.

    Parameters
    ----------
    booster : Mapping
        Keywords of ``lightgbm.LGBMRegressor`` / ``LGBMClassifier``.
    full_at : int, optional
        With fewer training rows than this, n, every default that counts rows (see `thresholds`) is
        multiplied by ``n / full_at``. At every size ``cat_smooth`` is at most half the rows that a
        group has on average, for LightGBM leaves categories of fewer rows than that out altogether.
        None leaves the defaults as they are. The rules count rows only and never look at the
        target.
    new_group_draws : int
        Known groups over which a row of an unseen group is averaged.
    """

    name = "lightgbm"
    package = "lightgbm"
    kind = "trees"
    keywords: ClassVar = {"booster": LIGHTGBM}
    imports = ("lightgbm", "sklearn")
    sources = (
        "workflow/tabmixbench/adapters/new_groups.py",
        "workflow/tabmixbench/adapters/thresholds.py",
        "workflow/tabmixbench/adapters/tree_settings.py",
    )

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        booster: Mapping[str, Any],
        full_at: int | None = None,
        new_group_draws: int = 32,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._booster = dict(booster)
        self._full_at = full_at
        self._new_group_draws = new_group_draws
        self._used: dict[str, Any] = {}
        self._table = FeatureTable(dataset.numeric, (*dataset.categorical, *dataset.groups))

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when there is nothing to split on."""
        if not self._table.names:
            return f"{self.dataset.name} has neither features nor group ids"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> LightGBM:
        """Fit to the training rows (see `Adapter.fit`)."""
        frame = self._table.fit(train).transform(train)
        self._used = {**self._chosen(frame, train), **FIXED}
        self._model = self._make(self._used)
        self._model.fit(frame, train[self.dataset.target])
        self._known = KnownGroups(
            frame[list(self.dataset.groups)], self._new_group_draws, self.seed
        )
        return self

    def _chosen(self, frame: pd.DataFrame, train: pd.DataFrame) -> Mapping[str, Any]:
        """Keywords of the booster for some training rows, as trees take them and as they are."""
        return {**self._thresholds(train), **self._booster}

    def _make(self, booster: Mapping[str, Any]) -> Any:
        from lightgbm import LGBMClassifier, LGBMRegressor

        make = LGBMClassifier if self.is_binary else LGBMRegressor
        return make(**booster, random_state=self.seed, n_jobs=self.threads, verbosity=-1)

    def _thresholds(self, train: pd.DataFrame) -> dict[str, float]:
        if self._full_at is None:
            return {}
        found = scaled_thresholds(len(train), self._full_at)
        most = average_rows(train, self.dataset.groups) / 2
        if most < found.get("cat_smooth", SHRINKAGES["cat_smooth"]):
            found["cat_smooth"] = most
        return found

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        return self._known.predict(self._table.transform(test), self._predict_frame)

    def _predict_frame(self, frame: pd.DataFrame) -> np.ndarray:
        if self.is_binary:
            return self._model.predict_proba(frame)[:, 1]
        return self._model.predict(frame)

    def settings(self) -> dict[str, Any]:
        """Booster keywords after the rule for small data, and the features."""
        return {
            "booster": self._used,
            "full_at": self._full_at,
            "new_group_draws": self._new_group_draws if self.dataset.groups else 0,
            "features": list(self._table.names),
        }


def average_rows(train: pd.DataFrame, groups: Sequence[str]) -> float:
    """Mean rows of a group, of that grouping factor where it is least; infinite without one."""
    return min((len(train) / train[g].nunique() for g in groups), default=np.inf)
