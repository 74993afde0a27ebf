"""CatBoost with the group ids as categoricals and its number of trees by inner validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.deadline import LIMIT, Deadline
from tabmixbench.adapters.inner import inner_folds
from tabmixbench.adapters.keywords import CATBOOST

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tabmixbench.registry import Dataset


class CatBoost(Adapter):
    """Ordered boosting, early stopped on inner folds and refitted to all rows.

    Categories, ids among them, are one-hot below `one_hot_max_size` levels and coded by ordered
    target statistics above, which send an unseen id to the prior. Both limits of `one_hot` are
    tried on the inner folds: with few rows a group the statistics are too coarse, with many
    groups one-hot columns are hopeless, and no fixed limit is fair to both.

    Parameters
    ----------
    booster : Mapping
        Keywords of ``catboost.CatBoostRegressor`` / ``CatBoostClassifier``; ``iterations`` is
        the most trees there may be.
    one_hot : list of int
        Values of ``one_hot_max_size`` to choose from.
    patience : int
        Trees without a better inner score after which a fit stops.
    folds, one_from : int
        Inner folds, and the rows from which on one of them is enough.
    max_seconds : float
        Time cap of a fit, inner folds included.
    """

    name = "catboost"
    package = "catboost"
    kind = "trees"
    keywords: ClassVar = {"booster": CATBOOST}
    imports = ("catboost", "sklearn.model_selection")
    sources = (
        "workflow/tabmixbench/adapters/deadline.py",
        "workflow/tabmixbench/adapters/inner.py",
    )

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        booster: Mapping[str, Any],
        one_hot: list[int],
        patience: int = 50,
        folds: int = 5,
        one_from: int = 1000,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._booster = dict(booster)
        self._one_hot = list(one_hot)
        self._patience = patience
        self._folds = folds
        self._one_from = one_from
        self._max_seconds = max_seconds
        self._categorical = [*dataset.categorical, *dataset.groups]
        self._used: dict[str, Any] = {}

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when there is nothing to split on."""
        if not self.dataset.features and not self.dataset.groups:
            return f"{self.dataset.name} has neither features nor group ids"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> CatBoost:
        """Fit to the training rows (see `Adapter.fit`)."""
        deadline = Deadline(self._max_seconds, "CatBoost")
        X, y = self._features(train), train[self.dataset.target].to_numpy()
        limits = self._one_hot if self._categorical else self._one_hot[:1]
        groups = self.left_out_groups(train)
        tried = {limit: self._trees(X, y, groups, limit, deadline) for limit in limits}
        limit = min(tried, key=lambda limit: tried[limit][0])
        _, trees, rate = tried[limit]
        # Left to itself CatBoost would give fewer trees a larger learning rate than the one that
        # their number was chosen at.
        self._used = {
            **self._booster,
            "one_hot_max_size": limit,
            "iterations": trees,
            "learning_rate": rate,
        }
        self._model = self._make(self._used)
        self._model.fit(X, y, cat_features=self._categorical, callbacks=[_Stop(deadline)])
        deadline.check()
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        X = self._features(test)
        if self.is_binary:
            return self._model.predict_proba(X, thread_count=self.threads)[:, 1]
        return self._model.predict(X, thread_count=self.threads).astype(np.float64)

    def settings(self) -> dict[str, Any]:
        """Booster keywords with the chosen number of trees, their rate and the one-hot limit."""
        return {
            "booster": self._used or self._booster,
            "one_hot": self._one_hot,
            "patience": self._patience,
            "folds": self._folds,
            "one_from": self._one_from,
            "max_seconds": self._max_seconds,
            "categorical": self._categorical,
        }

    def _features(self, data: pd.DataFrame) -> pd.DataFrame:
        numeric = data[list(self.dataset.numeric)].astype("float64")
        return numeric.join(data[self._categorical].astype(str).astype(object))

    def _make(self, booster: Mapping[str, Any]) -> Any:
        from catboost import CatBoostClassifier, CatBoostRegressor

        make = CatBoostClassifier if self.is_binary else CatBoostRegressor
        return make(
            **booster,
            random_seed=self.seed,
            thread_count=self.threads,
            verbose=False,
            allow_writing_files=False,
        )

    def _trees(
        self,
        X: pd.DataFrame,
        y: np.ndarray,
        groups: np.ndarray | None,
        one_hot: int,
        deadline: Deadline,
    ) -> tuple[float, int, float]:
        """Inner loss with one limit of one-hot coding, the trees that give it, and their rate."""
        losses, trees, rates = [], [], []
        pairs = inner_folds(
            y,
            binary=self.is_binary,
            folds=self._folds,
            one_from=self._one_from,
            seed=self.seed,
            groups=groups,
        )
        for fitting, validation in pairs:
            model = self._make({**self._booster, "one_hot_max_size": one_hot})
            model.fit(
                X.iloc[fitting],
                y[fitting],
                cat_features=self._categorical,
                eval_set=(X.iloc[validation], y[validation]),
                early_stopping_rounds=self._patience,
                callbacks=[_Stop(deadline)],
            )
            deadline.check()
            losses.append(next(iter(model.get_best_score()["validation"].values())))
            trees.append(model.get_best_iteration() + 1)
            rates.append(model.learning_rate_)
        return (
            float(np.mean(losses)),
            max(1, round(float(np.mean(trees)))),
            float(np.mean(rates)),
        )


class _Stop:
    """End a CatBoost fit when time is up."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def after_iteration(self, info: SimpleNamespace) -> bool:
        """Whether to go on: an exception would not survive CatBoost's own code."""
        return not self._deadline.passed
