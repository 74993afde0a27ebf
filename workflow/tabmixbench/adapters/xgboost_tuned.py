"""XGBoost with its settings and its number of trees by inner validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from tabmixbench.adapters.deadline import LIMIT
from tabmixbench.adapters.keywords import XGBOOST
from tabmixbench.adapters.tuning import InnerFold, Tuned, Tuning
from tabmixbench.adapters.xgboost import FIXED, XGBoost

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


class TunedXGBoost(Tuned, XGBoost):
    """XGBoost with ids as categoricals, early stopped on inner folds and refitted to all rows.

    Parameters
    ----------
    booster : Mapping
        Keywords of ``xgboost.XGBRegressor`` / ``XGBClassifier``; ``n_estimators`` is the most trees
        there may be.
    choices, patience, folds, one_from
        See `Tuning`.
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

    def _stopped_early(self, booster: Mapping[str, Any], fold: InnerFold) -> tuple[float, int]:
        model = self._make(
            {**booster, **FIXED},
            early_stopping_rounds=self._tuning.patience,
            eval_metric=fold.loss,
        )
        model.fit(fold.X, fold.y, eval_set=[(fold.held_out, fold.target)], verbose=False)
        return model.best_score, model.best_iteration + 1
