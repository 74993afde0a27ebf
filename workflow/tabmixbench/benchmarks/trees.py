"""Fits of the paper's configuration beside XGBoost's 300 trees and lmer, in turns in one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.adapters.base import Unsuitable
from tabmixbench.adapters.tabmixnn import TabMixNN
from tabmixbench.adapters.xgboost import XGBoost
from tabmixbench.benchmarks.lmer import LmerProcess
from tabmixbench.benchmarks.requirement import STACKED, Row
from tabmixbench.benchmarks.turns import Timer, take_turns, timer
from tabmixbench.registry import Dataset, load_registry
from tabmixbench.runs import iterate_splits

UNIT = "of XGBoost's time"
#: What claims look up: the sleep study by the network, beside the trees and beside lmer.
ONE_FIT, BESIDE_LMER = "sleepstudy: one fit", "sleepstudy: one fit beside lmer"


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Compare the paper's 100 epochs on sleepstudy, and one on InstEval, with 300 trees."""
    import torch

    torch.set_num_threads(1)
    registry = load_registry("config/datasets.yaml")
    booster = load_models("config/models.yaml")["xgboost_ids"].params["booster"]
    repeats = sizes["repeats"]
    small, trains = registry["sleepstudy"], _training_rows(registry["sleepstudy"])
    trains = [trains[k % len(trains)] for k in range(STACKED)]
    with lmer_timers(small, trains[0]) as (lmer, reason):
        found = fits_beside_trees(small, booster, trains, {"patience": None}, repeats, lmer)
    rows = [
        _ratio(ONE_FIT, found["one"], found["trees"]),
        _ratio(f"sleepstudy: a fit of {STACKED} stacked", found["stacked"], found["trees"]),
        beside_lmer(found, reason),
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
    others: Mapping[str, Timer] = MappingProxyType({}),
) -> dict[str, float]:
    """Return the seconds of one fit, of a stacked one, of XGBoost on the ids, and of `others`.

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
    others : mapping of str to Timer
        What takes turns with them.
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
    found = take_turns({name: timer(fit) for name, fit in fits.items()} | dict(others), repeats)
    if "stacked" in found:
        found["stacked"] /= len(trains)
    return found


@contextmanager
def lmer_timers(dataset: Dataset, train: pd.DataFrame) -> Iterator[tuple[Mapping[str, Timer], str]]:
    """Give the timer of ``lmer`` on the dataset's formula, or none and the reason why."""
    try:
        process = LmerProcess()
    except Unsuitable as reason:
        yield {}, str(reason)
        return
    levels = {name: sorted(train[name].astype(str).unique()) for name in dataset.groups}
    frame, _ = process.timers(train, levels, dataset.formula)
    try:
        yield {"lmer": frame}, ""
    finally:
        process.close()


def beside_lmer(found: Mapping[str, float], reason: str) -> Row:
    """Return the network's time as a multiple of lmer's, or the reason why there is none."""
    if "lmer" not in found:
        return {"what": BESIDE_LMER, "reason": reason}
    value = found["one"] / found["lmer"]
    return {"what": BESIDE_LMER, "value": value, "unit": "of lmer's time", "seconds": found["one"]}


def _ratio(what: str, seconds: float, trees: float) -> Row:
    return {"what": what, "value": seconds / trees, "unit": UNIT, "seconds": seconds}
