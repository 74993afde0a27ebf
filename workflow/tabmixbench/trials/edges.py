"""How dense are the graphs that static structure learns (section 5.5.2: typically 10-30%)?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.trials import standardised

#: Section 5.2.3 gives the penalty; the second training is that of the models trained longer.
SETTINGS: dict[str, dict[str, Any]] = {
    "paper": {"lambda_sparse": 0.001},
    "trained longer": {"lambda_sparse": 0.001, "lr": 0.005, "epochs": 2000, "patience": 100},
}
#: Effects of at most this size are no edges; the paper names no threshold.
THRESHOLDS = (0.001, 0.01, 0.1)
#: Each training is done from these seeds.
SEEDS = (0, 1)


def edges(cases: Iterable[tuple[Dataset, pd.DataFrame]]) -> pd.DataFrame:
    """One row a (dataset, training, seed, layer, threshold) with the density in percent."""
    return pd.DataFrame(row for dataset, data in cases for row in _case(dataset, data))


def _case(dataset: Dataset, data: pd.DataFrame) -> Iterator[dict[str, Any]]:
    from tabmixnn import TabMixNNRegressor

    data = standardised(dataset, data)
    for name, settings in SETTINGS.items():
        for seed in SEEDS:
            model = TabMixNNRegressor(
                dataset.formula,
                inference="variational",
                use_static_structure=True,
                random_state=seed,
                **settings,
            ).fit(data)
            for layer in range(1, len(model.hidden_dims) + 1):
                for threshold in THRESHOLDS:
                    yield {
                        "dataset": dataset.name,
                        "training": name,
                        "seed": seed,
                        "layer": layer,
                        "threshold": threshold,
                        "percent": 100 * model.edge_density(layer, threshold=threshold),
                    }
