"""Fits of the paper's configuration beside XGBoost's 300 trees, in turns in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.adapters.tabmixnn import TabMixNN
from tabmixbench.adapters.xgboost import XGBoost
from tabmixbench.benchmarks.requirement import STACKED, Row
from tabmixbench.benchmarks.turns import in_turns
from tabmixbench.registry import Dataset, load_registry
from tabmixbench.runs import iterate_splits

UNIT = "of XGBoost's time"


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Compare the paper's 100 epochs on sleepstudy, and one on InstEval, with 300 trees."""
    import torch

    torch.set_num_threads(1)
    registry = load_registry("config/datasets.yaml")
    booster = load_models("config/models.yaml")["xgboost_ids"].params["booster"]
    repeats = sizes["repeats"]
    small, trains = registry["sleepstudy"], _training_rows(registry["sleepstudy"])
    trains = [trains[k % len(trains)] for k in range(STACKED)]
    found = fits_beside_trees(small, booster, trains, {"patience": None}, repeats)
    rows = [
        _ratio("sleepstudy: one fit", found["one"], found["trees"]),
        _ratio(f"sleepstudy: a fit of {STACKED} stacked", found["stacked"], found["trees"]),
    ]
    # Two fits that differ by epochs alone: what is before and after them cancels out.
    large, train = registry["InstEval"], _training_rows(registry["InstEval"])[:1]
    rare = max(repeats // 10, 1)
    one = fits_beside_trees(large, booster, train, {"epochs": 1}, rare)
    more = fits_beside_trees(large, booster, train, {"epochs": 4}, rare)
    epoch = (more["one"] - one["one"]) / 3
    return [
        *rows,
        _ratio("InstEval: an epoch", epoch, one["trees"]),
        _ratio("InstEval: a fit of one epoch", one["one"], one["trees"]),
    ]


def _training_rows(dataset: Dataset) -> list[pd.DataFrame]:
    """Return the training rows of the random splits, the target standardised."""
    data = pd.read_parquet(f"data/prepared/{dataset.name}.parquet")
    splits = pd.read_parquet(f"data/splits/{dataset.name}.parquet")
    trains = []
    for protocol, _, test in iterate_splits(splits):
        if protocol == "rows":
            train = data[~test].reset_index(drop=True)
            target = train[dataset.target]
            trains.append(train.assign(**{dataset.target: (target - target.mean()) / target.std()}))
    return trains


def fits_beside_trees(
    dataset: Dataset,
    booster: Mapping[str, Any],
    trains: Sequence[pd.DataFrame],
    options: Mapping[str, Any],
    repeats: int,
) -> dict[str, float]:
    """Return the seconds of one fit, of a stacked one, and of XGBoost on the ids.

    Parameters
    ----------
    dataset : Dataset
    booster : mapping
        XGBoost's keywords.
    trains : sequence of DataFrame
        Training rows; as many fits are stacked, the first is fitted alone.
    options : mapping
        Keywords of the estimator that differ from the paper's.
    repeats : int
    """
    options = {"inference": "variational", **options}

    def networks(count: int) -> list[TabMixNN]:
        return [TabMixNN(dataset, seed=k, threads=1, estimator=options) for k in range(count)]

    fits = {
        "trees": lambda: XGBoost(dataset, seed=0, threads=1, ids=True, booster=booster).fit(
            trains[0]
        ),
        "one": lambda: networks(1)[0].fit(trains[0]),
    }
    if len(trains) > 1:
        fits["stacked"] = lambda: TabMixNN.fit_together(networks(len(trains)), trains)
    found = in_turns(fits, repeats)
    if "stacked" in found:
        found["stacked"] /= len(trains)
    return found


def _ratio(what: str, seconds: float, trees: float) -> Row:
    return {"what": what, "value": seconds / trees, "unit": UNIT, "seconds": seconds}
