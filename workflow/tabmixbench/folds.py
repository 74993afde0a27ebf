"""One model on one split: cut the rows, fit, predict, score."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter, Unsuitable
from tabmixbench.adapters.deadline import LIMIT, too_late
from tabmixbench.imputation import filled
from tabmixbench.metrics import SCORES, distribution_scores

PREDICTED = ["protocol", "split", "row", "y", "prediction"]
"""Columns of the predictions of test rows."""


@dataclass(frozen=True)
class Fold:
    """One split of the rows, and the model that is to be fitted to it.

    Parameters
    ----------
    model : Adapter
    test : ndarray of bool, shape (n,)
        The test rows.
    train, held_out : DataFrame
        Training and test rows; a regression's target is standardised in the training rows.
    y : ndarray, shape (n_test,)
        The test rows' target, in the same units.
    scale : float
        What the units are.
    outcome : dict
        What is recorded of the split.
    """

    model: Adapter
    test: np.ndarray
    train: pd.DataFrame
    held_out: pd.DataFrame
    y: np.ndarray
    scale: float
    outcome: dict[str, Any]

    @classmethod
    def of(
        cls, model: Adapter, data: pd.DataFrame, test: np.ndarray, protocol: str, split: int
    ) -> Fold:
        """Cut the rows."""
        dataset = model.dataset
        train, held_out = filled(
            data[~test].reset_index(drop=True), data[test].reset_index(drop=True), dataset
        )
        y = held_out[dataset.target].to_numpy(dtype=float)
        scale = 1.0
        if dataset.task == "regression":
            mean, scale = train[dataset.target].mean(), train[dataset.target].std()
            train = train.assign(**{dataset.target: (train[dataset.target] - mean) / scale})
            y = (y - mean) / scale
        held_out = held_out.drop(columns=dataset.target)
        outcome = {
            "protocol": protocol,
            "split": split,
            "n_test": len(held_out),
            "n_train": len(train),
        }
        return cls(model, test, train, held_out, y, float(scale), outcome)

    def __str__(self) -> str:
        """What came of it, in a line."""
        outcome = self.outcome
        where = f"{outcome['protocol']} {outcome['split']}"
        if outcome["status"] != "ok":
            return f"{where}: {outcome['reason']}"
        head, value = next(iter(outcome["metrics"].items()))
        return f"{where}: {head} {value:.4f} ({outcome['fit_seconds']:.1f} s)"

    def run(self) -> pd.DataFrame:
        """Fit unless that is done, predict and score; scores and seconds go into the outcome.

        Returns
        -------
        DataFrame
            `PREDICTED` of the test rows.

        Raises
        ------
        Unsuitable
            If the model is not for these rows, or took too long.
        ValueError
            If predictions are not finite, or their standard deviations not finite and positive.
        """
        is_regression = self.model.dataset.task == "regression"
        prediction, sd = self._predictions(with_sd=is_regression)
        scores = SCORES[self.model.dataset.task](self.y, prediction)
        if is_regression:
            scores["MSE"] = scores["RMSE"] ** 2 * self.scale**2
        if sd is not None:
            scores |= distribution_scores(self.y, prediction, sd)
        self.outcome.update(status="ok", metrics=scores)
        place = self.outcome["protocol"], self.outcome["split"]
        columns = *place, np.flatnonzero(self.test), self.y, prediction
        return pd.DataFrame(dict(zip(PREDICTED, columns, strict=True)))

    def _predictions(self, *, with_sd: bool) -> tuple[np.ndarray, np.ndarray | None]:
        """Return those of the test rows, and their standard deviations if the model has any."""
        model, outcome, sd = self.model, self.outcome, None
        if (reason := model.unsuitable(self.train)) is not None:
            raise Unsuitable(reason)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            start = time.perf_counter()
            if "fit_seconds" not in outcome:
                begun = time.process_time()
                model.fit(self.train)
                if time.process_time() - begun > LIMIT:
                    raise too_late(type(model).__name__, LIMIT)
                outcome["fit_seconds"] = time.perf_counter() - start
            fitted = time.perf_counter()
            prediction = np.asarray(model.predict(self.held_out), dtype=float)
            outcome["predict_seconds"] = time.perf_counter() - fitted
            if with_sd:
                predicted = time.perf_counter()
                sd = model.predict_sd(self.held_out)
                outcome["sd_seconds"] = time.perf_counter() - predicted
        self.note(caught)
        if bad := int((~np.isfinite(prediction)).sum()):
            raise ValueError(
                f"{type(model).__name__} predicted {bad} non-finite values of {len(prediction)} on "
                f"{model.dataset.name}: the model diverged, look at its settings"
            )
        if sd is not None and (bad := int((~(np.isfinite(sd) & (sd > 0))).sum())):
            raise ValueError(
                f"{type(model).__name__} predicted {bad} standard deviations of {len(sd)} on "
                f"{model.dataset.name} that are not finite and positive: the model diverged, look "
                "at its settings"
            )
        return prediction, sd

    def note(self, caught: Sequence[warnings.WarningMessage]) -> None:
        """Record the first lines of warnings."""
        found = {str(w.message).split("\n")[0][:200] for w in caught}
        found |= set(self.outcome.get("warnings", []))
        if found:
            self.outcome["warnings"] = sorted(found)[:10]


def fit_together(folds: Sequence[Fold]) -> None:
    """Fit those models that are cheaper together; each gets its share of the seconds."""
    for module in {module for fold in folds for module in fold.model.imports}:
        import_module(module)
    able = [fold for fold in folds if fold.model.together and not fold.model.unsuitable(fold.train)]
    if not able:
        return
    models = [fold.model for fold in able]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        type(models[0]).fit_together(models, [fold.train for fold in able])
        seconds = (time.perf_counter() - start) / len(able)
    for fold in able:
        fold.outcome["fit_seconds"] = seconds
        fold.note(caught)
