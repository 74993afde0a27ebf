"""The floor: the training mean, or the prevalence, for every row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter


class Constant(Adapter):
    """Predict the training mean (regression) or the prevalence (binary)."""

    name = "constant"
    package = "numpy"
    kind = "other"

    def fit(self, train: pd.DataFrame) -> Constant:
        """Take the mean of the target (see `Adapter.fit`)."""
        self._mean = float(train[self.dataset.target].mean())
        return self

    def predict(self, test: pd.DataFrame) -> np.ndarray:
        """Return the mean once a row (see `Adapter.predict`)."""
        return np.full(len(test), self._mean)

    def settings(self) -> dict[str, Any]:
        """Nothing to set."""
        return {}
