"""The models that are explained: the linear mixed model, and the paper's network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

FORMULA = "Reaction ~ Days + (Days | Subject)"
COLUMN, GROUP = "Days", "Subject"
EXACT: Mapping[str, Any] = {"inference": "marginal", "hidden_dims": []}


@dataclass(frozen=True)
class Entry:
    """A model to explain.

    Parameters
    ----------
    label : str
        What captions call it.
    options : mapping
        Of ``TabMixNNRegressor``.
    """

    label: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def fit(self, data: pd.DataFrame, seed: int) -> Any:
        """Fit to all rows: nothing is predicted, the model is looked at."""
        from tabmixnn import TabMixNNRegressor

        return TabMixNNRegressor(FORMULA, random_state=seed, **self.options).fit(data)


MODELS: dict[str, Entry] = {
    "exact": Entry("the linear mixed model (REML)", EXACT),
    "network": Entry(
        "the paper's network (section 5.2.3: learning rate 0.001, 100 epochs)",
        {"inference": "variational"},
    ),
}
