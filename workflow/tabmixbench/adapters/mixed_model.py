"""What the mixed models of other programs share: the formula's design in, predictions out."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.mixed_formula import PlainModel

if TYPE_CHECKING:
    from tabmixbench.adapters.predictor import LinearPredictor
    from tabmixbench.registry import Dataset

PARTS = (
    *(
        f"workflow/tabmixbench/adapters/{part}.py"
        for part in ("mixed_formula", "mixed_model", "predictor")
    ),
    "tabmixnn/formula",
)


class MixedModel(Adapter):
    """The linear or logistic mixed model of the dataset's formula in another program.

    REML for a regression, the Laplace approximation for classes. Predictions for known groups
    add the predicted random effects; for a new group they are 0.
    """

    imports = ("tabmixnn.formula",)
    sources = PARTS

    def __init__(self, dataset: Dataset, *, seed: int, threads: int) -> None:
        super().__init__(dataset, seed=seed, threads=threads)
        self._used: dict[str, Any] = {}

    @abstractmethod
    def estimate(self, model: PlainModel) -> tuple[LinearPredictor, dict[str, Any]]:
        """Fit and return the estimates and what else was set, JSON-able.

        Raises
        ------
        Unsuitable
            When the fit fails or takes too long.
        """

    def unsuitable(self, train: pd.DataFrame | None = None) -> str | None:
        """Say so when the formula has no random effect or an offset."""
        from tabmixnn.formula import Formula

        formula = Formula.parse(self.dataset.formula)
        if not formula.random:
            return f"{self.dataset.name} has no groups, so there is no mixed model"
        if formula.offsets:
            return f"the formula of {self.dataset.name} has an offset, which this adapter lacks"
        return super().unsuitable(train)

    def fit(self, train: pd.DataFrame) -> MixedModel:
        """Fit to the training rows (see `Adapter.fit`)."""
        from threadpoolctl import threadpool_limits

        from tabmixnn.formula import Design

        self._design = Design.fit(self.dataset.formula, train)
        frame = self._design.frame(train, response=False)
        y = train[self.dataset.target].to_numpy(dtype=np.float64)
        with threadpool_limits(self.threads):
            self._predictor, self._used = self.estimate(PlainModel.of(frame, y))
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Predict new rows (see `Adapter.predict`)."""
        from scipy.special import expit

        eta = self._predictor.eta(self._design.frame(test, response=False))
        return expit(eta) if self.is_binary else eta

    def settings(self) -> dict[str, Any]:
        """Return the formula and what the program reports."""
        return {"formula": self.dataset.formula, **self._used}
