"""LightGBM with its settings and its number of trees by inner validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tabmixbench.adapters.deadline import LIMIT
from tabmixbench.adapters.lightgbm import FIXED, LightGBM
from tabmixbench.adapters.tree_settings import LIGHTGBM
from tabmixbench.adapters.tuning import InnerFold, Tuned, Tuning

if TYPE_CHECKING:
    from tabmixbench.registry import Dataset


class TunedLightGBM(Tuned, LightGBM):
    """LightGBM for small data, early stopped on inner folds and refitted to all rows.

    Parameters
    ----------
    booster : Mapping
        Keywords of ``lightgbm.LGBMRegressor`` / ``LGBMClassifier``; ``n_estimators`` is the most
        trees there may be.
    full_at : int, optional
        See `LightGBM`.
    choices, patience, folds, one_from
        See `Tuning`.
    max_seconds : float
        Time cap of a fit, inner folds included.
    """

    name = "lightgbm_tuned"
    keywords: ClassVar = {"booster": LIGHTGBM, "choices": LIGHTGBM}
    sources = (
        *LightGBM.sources,
        *(
            f"workflow/tabmixbench/adapters/{part}.py"
            for part in ("deadline", "inner", "lightgbm", "tuning")
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
        full_at: int | None = None,
        patience: int = 50,
        folds: int = 5,
        one_from: int = 1000,
        max_seconds: float = LIMIT,
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads, booster=booster, full_at=full_at)
        self._tuning = Tuning(choices, patience, folds, one_from)
        self._max_seconds = max_seconds

    def _stopped_early(self, booster: Mapping[str, Any], fold: InnerFold) -> tuple[float, int]:
        from lightgbm import early_stopping

        def inner(target: np.ndarray, prediction: np.ndarray) -> tuple[str, float, bool]:
            return "inner", fold.loss(target, prediction), False

        model = self._make({**booster, **FIXED, "metric": "None"})
        model.fit(
            fold.X,
            fold.y,
            eval_set=[(fold.held_out, fold.target)],
            eval_metric=inner,
            callbacks=[early_stopping(self._tuning.patience, verbose=False)],
        )
        return model.best_score_["valid_0"]["inner"], model.best_iteration_
