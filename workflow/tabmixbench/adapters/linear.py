"""Ridge and logistic ridge regression with one-hot ids, the penalty by cross-validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.inner import inner_folds

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

    from tabmixbench.registry import Dataset


class Linear(Adapter):
    """A regularised linear model: numbers standardised, categories and ids one-hot.

    An L2 penalty on one-hot ids shrinks groups towards each other, as a random intercept does;
    an unseen id has only zeros and gets the prediction of an average group.

    Parameters
    ----------
    penalties : int
        Strengths to try, evenly spaced in the logarithm from 1e-3 to 1e4.
    folds : int
        Folds of the cross-validation that chooses the strength.
    """

    name = "linear"
    package = "scikit-learn"
    kind = "other"
    imports = ("sklearn.linear_model", "sklearn.compose")
    sources = ("workflow/tabmixbench/adapters/inner.py",)

    def __init__(
        self, dataset: Dataset, *, seed: int, threads: int, penalties: int = 15, folds: int = 5
    ) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._penalties = penalties
        self._folds = folds
        self._chosen: float | None = None
        self._used: dict[str, Any] = {}

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when there is no column to fit."""
        if not self.dataset.features and not self.dataset.groups:
            return f"{self.dataset.name} has neither features nor group ids"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> Linear:
        """Fit to the training rows (see `Adapter.fit`)."""
        from threadpoolctl import threadpool_limits

        strengths = np.logspace(-3, 4, self._penalties)
        self._model = self._pipeline(strengths, self._pairs(train))
        with threadpool_limits(self.threads):
            self._model.fit(train, train[self.dataset.target])
        last = self._model[-1]
        if self.is_binary:
            self._used = {
                "model": "LogisticRegressionCV",
                "penalty": float(1 / np.ravel(last.C_)[0]),
            }
        else:
            self._used = {"model": "RidgeCV", "penalty": float(last.alpha_)}
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        if self.is_binary:
            return self._model.predict_proba(test)[:, 1]
        return self._model.predict(test)

    def settings(self) -> dict[str, Any]:
        """Return the model, the chosen penalty and the columns."""
        return {
            **self._used,
            "penalties": self._penalties,
            "folds": self._folds,
            "columns": [*self.dataset.features, *self.dataset.groups],
        }

    def _pairs(self, train: pd.DataFrame) -> list[tuple[np.ndarray, np.ndarray]]:
        """(training rows, validation rows) of each fold."""
        folds = inner_folds(
            train[self.dataset.target].to_numpy(),
            binary=self.is_binary,
            folds=self._folds,
            one_from=len(train) + 1,
            seed=self.seed,
            groups=self.left_out_groups(train),
        )
        return list(folds)

    def _pipeline(
        self, strengths: np.ndarray, pairs: list[tuple[np.ndarray, np.ndarray]]
    ) -> Pipeline:
        from sklearn.compose import make_column_transformer
        from sklearn.linear_model import LogisticRegressionCV, RidgeCV
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, StandardScaler

        columns = make_column_transformer(
            (StandardScaler(), list(self.dataset.numeric)),
            (
                OneHotEncoder(handle_unknown="ignore"),
                [*self.dataset.categorical, *self.dataset.groups],
            ),
        )
        if self.is_binary:
            model = LogisticRegressionCV(
                Cs=1 / strengths,
                cv=pairs,
                l1_ratios=(0.0,),
                scoring="neg_log_loss",
                max_iter=1000,
                use_legacy_attributes=False,
            )
        else:
            model = RidgeCV(
                strengths,
                cv=pairs,
                scoring="neg_mean_squared_error",
            )
        return make_pipeline(columns, model)
