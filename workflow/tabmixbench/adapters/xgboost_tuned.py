"""XGBoost with its settings and its number of trees by inner validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from tabmixbench.adapters.deadline import LIMIT, Deadline
from tabmixbench.adapters.keywords import XGBOOST
from tabmixbench.adapters.tuning import InnerFold, Tuning
from tabmixbench.adapters.xgboost import FIXED, XGBoost

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


class TunedXGBoost(XGBoost):
    """XGBoost with ids as categoricals, early stopped on inner folds and refitted to all rows.

    Parameters
    ----------
    booster : Mapping
        Keywords of ``xgboost.XGBRegressor`` / ``XGBClassifier``; ``n_estimators`` is the most trees
        there may be.
    choices : Mapping
        Keyword -> the values to choose from by inner validation; all combinations are tried.
    patience : int
        Trees without a better inner loss after which a fit stops.
    folds, one_from : int
        Inner folds, and the rows from which on one of them is enough.
    max_seconds : float
        Time cap of a fit, inner folds included.
    """

    name = "xgboost_tuned"
    keywords: ClassVar = {"booster": XGBOOST, "choices": XGBOOST}
    sources = (
        *XGBoost.sources,
        *(
            f"workflow/tabmixbench/adapters/{part}.py"
            for part in ("deadline", "inner", "tuning", "xgboost")
        ),
    )

    def __init__(
        self,
        dataset: Dataset,
        *,
        seed: int,
        threads: int,
        booster: Mapping[str, Any],
        choices: Mapping[str, Sequence[Any]],
        patience: int = 50,
        folds: int = 5,
        one_from: int = 1000,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads, ids=True, booster=booster)
        self._tuning = Tuning(choices, patience, folds, one_from)
        self._max_seconds = max_seconds

    def _chosen(self, frame: pd.DataFrame, train: pd.DataFrame) -> Mapping[str, Any]:
        deadline = Deadline(self._max_seconds, "XGBoost")
        best = self._tuning.best(self, frame, train, self._stopped_early, deadline)
        return {**self._booster, **best}

    def _stopped_early(self, settings: Mapping[str, Any], fold: InnerFold) -> tuple[float, int]:
        model = self._make(
            {**self._booster, **settings, **FIXED},
            early_stopping_rounds=self._tuning.patience,
            eval_metric=fold.loss,
        )
        model.fit(fold.X, fold.y, eval_set=[(fold.held_out, fold.target)], verbose=False)
        return model.best_score, model.best_iteration + 1

    def settings(self) -> dict[str, Any]:
        """Add what there was to choose from (see `XGBoost.settings`)."""
        return {
            **super().settings(),
            **vars(self._tuning),
            "max_seconds": self._max_seconds,
        }
