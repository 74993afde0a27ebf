"""XGBoost as section 5.2.1 of the paper configures it, with or without the group ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.features import FeatureTable
from tabmixbench.adapters.keywords import XGBOOST
from tabmixbench.adapters.new_groups import KnownGroups

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset

FIXED = {"tree_method": "hist", "enable_categorical": True}


class XGBoost(Adapter):
    """Gradient-boosted trees; ids, when used, enter as categoricals.

    XGBoost sends an unseen category down one side of every split on it, the same for all rows.
    Hundreds of trees add up these arbitrary choices to errors of several standard deviations.
    So a row of an unseen group is predicted with the ids of training rows drawn at random in
    place of its own, and the predictions are averaged: a group of which nothing is known.

    Parameters
    ----------
    ids : bool
        Whether the group ids are features.
    booster : Mapping
        Keywords of ``xgboost.XGBRegressor`` / ``XGBClassifier``.
    small : Mapping, optional
        ``rows`` and keywords that replace those of `booster` when there are fewer training rows
        than ``rows``. The paper gives a second setting "for small datasets" without saying
        which are small.
    new_group_draws : int
        Training rows whose ids stand in for an unseen id.
    """

    name = "xgboost"
    package = "xgboost"
    kind = "trees"
    keywords: ClassVar = {"booster": XGBOOST, "small": XGBOOST | {"rows"}}
    imports = ("xgboost", "sklearn")
    sources = ("workflow/tabmixbench/adapters/new_groups.py",)

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        ids: bool,
        booster: Mapping[str, Any],
        small: Mapping[str, Any] | None = None,
        new_group_draws: int = 32,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._ids = ids
        self._booster = dict(booster)
        self._small = dict(small or {})
        self._new_group_draws = new_group_draws
        categorical = (*dataset.categorical, *(dataset.groups if ids else ()))
        self._used: dict[str, Any] = {}
        self._table = FeatureTable(dataset.numeric, categorical)

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when nothing but ids describes the rows and ids are not used."""
        if not self._table.names:
            return f"{self.dataset.name} has no feature other than the group ids"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> XGBoost:
        """Fit to the training rows (see `Adapter.fit`)."""
        frame = self._table.fit(train).transform(train)
        self._used = {**self._chosen(frame, train), **FIXED}
        self._model = self._make(self._used)
        self._model.fit(frame, train[self.dataset.target])
        ids = list(self.dataset.groups) if self._ids else []
        self._known = KnownGroups(frame[ids], self._new_group_draws, self.seed)
        return self

    def _chosen(self, frame: pd.DataFrame, train: pd.DataFrame) -> Mapping[str, Any]:
        """Keywords of the booster for some training rows, as trees take them and as they are."""
        small = dict(self._small)
        if len(train) < small.pop("rows", 0):
            return {**self._booster, **small}
        return self._booster

    def _make(self, booster: Mapping[str, Any], **more: Any) -> Any:
        from xgboost import XGBClassifier, XGBRegressor

        make = XGBClassifier if self.is_binary else XGBRegressor
        return make(**booster, **more, random_state=self.seed, n_jobs=self.threads)

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        return self._known.predict(self._table.transform(test), self._predict_frame)

    def _predict_frame(self, frame: pd.DataFrame) -> np.ndarray:
        if self.is_binary:
            return self._model.predict_proba(frame)[:, 1].astype(np.float64)
        return self._model.predict(frame).astype(np.float64)

    def settings(self) -> dict[str, Any]:
        """Booster keywords after the rule for small data, and the features."""
        return {
            "booster": self._used,
            "ids": self._ids,
            "new_group_draws": self._new_group_draws if self._ids else 0,
            "features": list(self._table.names),
        }
