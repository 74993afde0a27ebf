"""Predictions of one row and of a million, by an exact model and by the paper's network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.benchmarks.requirement import Row
from tabmixbench.benchmarks.turns import in_turns

GROUPS = 1000


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Time both models in turns."""
    import torch

    from tabmixnn import TabMixNNRegressor

    torch.set_num_threads(1)
    rows, repeats = sizes["predicted_rows"], sizes["repeats"]
    rng = np.random.default_rng(0)
    codes = rng.integers(0, GROUPS, rows)
    data = pd.DataFrame({"x": rng.normal(size=rows), "g": codes.astype(str)})
    y = data["x"] + rng.normal(size=GROUPS)[codes] + rng.normal(size=rows)
    train = data.assign(y=y)[: 5 * GROUPS]
    formula = "y ~ x + (1 | g)"
    models = {
        "exact": TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]),
        "[64, 32]": TabMixNNRegressor(
            formula, inference="variational", epochs=1, random_state=0, device="cpu"
        ),
    }
    one = data[:1]
    for model in models.values():
        model.fit(train)
    latency = in_turns({k: lambda m=m: m.predict(one) for k, m in models.items()}, repeats)
    many = in_turns({k: lambda m=m: m.predict(data) for k, m in models.items()}, 3)
    return [
        *(
            {"what": f"predict one row: {name}", "value": 1e3 * seconds, "unit": "ms"}
            for name, seconds in latency.items()
        ),
        *(
            {
                "what": f"predict a million rows: {name}",
                "value": rows / seconds,
                "unit": "rows a second",
            }
            for name, seconds in many.items()
        ),
    ]
