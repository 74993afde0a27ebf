"""Speed of fitting, predicting and importing, beside XGBoost's 300 trees in the same run.

``python -m tabmixbench.benchmarks.speed`` prints the table. Fits of different models take turns in
one process; the ratio of their median processor times hardly depends on what else the machine
does. Measurements that need a clean process (memory, imports) have one each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters import load_models
from tabmixbench.adapters.tabmixnn import TabMixNN
from tabmixbench.adapters.xgboost import XGBoost
from tabmixbench.benchmarks.peak import PEAK
from tabmixbench.registry import Dataset, load_registry
from tabmixbench.runs import iterate_splits
from tabmixbench.tables.table import Table, Text

REPEATS = 20
STACKED = 15
EPOCH_ROWS = (100_000, 1_000_000, 10_000_000)
LIMITS = {
    "sleepstudy, one fit": 0.8,
    f"sleepstudy, {STACKED} stacked": 0.5,
    "InstEval, one epoch": 0.05,
    "epoch of 10,000,000 rows": 2.0,
    "memory above the data": 2.0,
    "one row, exact": 1.0,
    "one row, [64, 32]": 1.0,
    "rows a second, exact": 2e6,
    "rows a second, [64, 32]": 5e5,
    "import": 1.2,
}
"""What is to be reached; at most, but rows a second at least."""

EPOCH = (
    PEAK
    + """
import json, sys, time
import numpy as np, pandas as pd, torch
from tabmixnn import TabMixNNRegressor

n, per_group = int(sys.argv[1]), 10
torch.set_num_threads(1)
rng = np.random.default_rng(0)
codes = rng.permutation(np.repeat(np.arange(n // per_group), per_group))
x = rng.normal(size=n)
y = 0.5 * x + rng.normal(size=n // per_group)[codes] + rng.normal(size=n)
data = pd.DataFrame({"x": x, "g": pd.Categorical(codes), "y": y})
before, clock = peak(), []
TabMixNNRegressor(
    "y ~ x + (1 | g)", inference="variational", hidden_dims=[], batch_size=65_536, epochs=4,
    validation_fraction=0, random_state=0,
    callbacks=[lambda epoch, record: clock.append(time.process_time())],
).fit(data)
print(json.dumps({"seconds": float(np.median(np.diff(clock))), "bytes": peak() - before}))
"""
)
IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"

Row = dict[str, Any]


def in_new_process(code: str, *arguments: object) -> Any:
    """Run Python code in a process of its own and return what it prints, read as JSON.

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"A measurement failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def in_turns(fits: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median seconds of processor time of each, taken in turns after one to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in fits}
    for repeat in range(repeats + 1):
        for name, fit in fits.items():
            start = time.process_time()
            fit()
            if repeat:
                seconds[name].append(time.process_time() - start)
    return {name: float(np.median(values)) for name, values in seconds.items()}


def _standardised(dataset: Dataset, data: pd.DataFrame, splits: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the training rows of the random splits."""
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


def ratios(
    sleepstudy: tuple[Dataset, pd.DataFrame, pd.DataFrame],
    insteval: tuple[Dataset, pd.DataFrame, pd.DataFrame],
    booster: Mapping[str, Any],
    repeats: int = REPEATS,
) -> list[Row]:
    """Compare the paper's 100 epochs on sleepstudy, and one on InstEval, with 300 trees.

    Parameters
    ----------
    sleepstudy, insteval : (Dataset, DataFrame, DataFrame)
        The registry's entry, the prepared rows and the splits.
    booster : mapping
        XGBoost's keywords.
    repeats : int
        Fits of each; a tenth as many of InstEval's.
    """
    trains = _standardised(*sleepstudy)
    trains = [trains[k % len(trains)] for k in range(STACKED)]
    small = fits_beside_trees(sleepstudy[0], booster, trains, {"patience": None}, repeats)
    large = _standardised(*insteval)[:1]
    rare = max(repeats // 10, 1)
    one = fits_beside_trees(insteval[0], booster, large, {"epochs": 1}, rare)
    two = fits_beside_trees(insteval[0], booster, large, {"epochs": 2}, rare)
    epoch = max(two["one"] - one["one"], 0.0)
    return [
        _ratio("sleepstudy, one fit", small["one"], small["trees"]),
        _ratio(f"sleepstudy, {STACKED} stacked", small["stacked"], small["trees"]),
        _ratio("InstEval, one epoch", epoch, one["trees"]),
        _ratio("InstEval, a fit of one epoch", one["one"], one["trees"]),
    ]


def _ratio(what: str, seconds: float, trees: float) -> Row:
    return {"what": what, "value": seconds / trees, "unit": "of XGBoost's time", "seconds": seconds}


def epochs(rows: Sequence[int] = EPOCH_ROWS) -> list[Row]:
    """Train a linear mixed model on many rows, ten a group, in batches of 65,536."""
    found = {n: in_new_process(EPOCH, n) for n in rows}
    table = [
        {"what": f"epoch of {n:,} rows", "value": each["seconds"], "unit": "s"}
        for n, each in found.items()
    ]
    largest = found[max(rows)]["bytes"] / 1e9
    return [*table, {"what": "memory above the data", "value": largest, "unit": "GB"}]


def predictions(rows: int = 1_000_000, repeats: int = REPEATS) -> list[Row]:
    """Time one row and many, for the exact model and the paper's network."""
    from tabmixnn import TabMixNNRegressor

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 1000, rows)
    data = pd.DataFrame({"x": rng.normal(size=rows), "g": codes.astype(str)})
    y = data["x"] + rng.normal(size=1000)[codes] + rng.normal(size=rows)
    train = data.assign(y=y)[:5000]
    models = {
        "exact": TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]),
        "[64, 32]": TabMixNNRegressor(
            "y ~ x + (1 | g)", inference="variational", epochs=1, random_state=0
        ),
    }
    table = []
    for name, model in models.items():
        model.fit(train)
        one, all_rows = data[:1], data
        latency = in_turns({"": lambda model=model, one=one: model.predict(one)}, repeats)[""]
        many = in_turns({"": lambda model=model, some=all_rows: model.predict(some)}, 2)[""]
        table.append({"what": f"one row, {name}", "value": 1e3 * latency, "unit": "ms"})
        table.append({"what": f"rows a second, {name}", "value": rows / many, "unit": ""})
    return table


def imports(repeats: int = 5) -> list[Row]:
    """Compare ``import tabmixnn`` with ``import torch``, each in new processes, in turns."""
    seconds = {name: [] for name in ("tabmixnn", "torch")}
    for _ in range(repeats):
        for name, values in seconds.items():
            values.append(in_new_process(IMPORT.format(name)))
    ratio = float(np.median(seconds["tabmixnn"]) / np.median(seconds["torch"]))
    return [{"what": "import", "value": ratio, "unit": "of torch's"}]


def speed_table(rows: Sequence[Row]) -> Table:
    """One row a measurement, beside what is to be reached."""
    texts, reached = [], 0
    for row in rows:
        limit = LIMITS.get(row["what"])
        verdict = ""
        if limit is not None:
            good = (
                row["value"] >= limit if "rows a second" in row["what"] else (row["value"] <= limit)
            )
            verdict, reached = ("reached" if good else "missed"), reached + good
        bound = "" if limit is None else f"{limit:,g}"
        texts.append(
            [
                Text(row["what"]),
                Text(f"{row['value']:,.3g}" if row["value"] < 1000 else f"{row['value']:,.0f}"),
                Text(row["unit"]),
                Text(bound),
                Text(verdict, bold=verdict == "missed"),
            ]
        )
    measured = sum(row["what"] in LIMITS for row in rows)
    notes = [
        "Processor time, one thread, medians of fits that take turns. XGBoost: 300 trees of depth "
        "6 with the group ids, the settings of section 5.2.1 of the paper. sleepstudy: the paper's "
        "configuration, all 100 epochs. The epochs of many rows: y ~ x + (1 | g), no hidden layer, "
        "16 dimensions, batches of 65,536 rows.",
        f"{reached} of {measured} targets reached.",
    ]
    header = ["measured", "value", "unit", "target", ""]
    return Table("Speed", header, texts, pd.DataFrame(rows), notes)


def main() -> None:
    """Print the table, from the prepared data of the workflow."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--rows", type=int, nargs="+", default=list(EPOCH_ROWS))
    given = parser.parse_args()
    print(speed_table(measured(given.repeats, given.rows)).markdown())


def measured(repeats: int = REPEATS, rows: Sequence[int] = EPOCH_ROWS) -> list[Row]:
    """Take all measurements; needs the prepared data of sleepstudy and InstEval."""
    import torch

    torch.set_num_threads(1)
    registry = load_registry("config/datasets.yaml")
    booster = load_models("config/models.yaml")["xgboost_ids"].params["booster"]

    def prepared(name: str) -> tuple[Dataset, pd.DataFrame, pd.DataFrame]:
        folders = ("data/prepared", "data/splits")
        return registry[name], *(pd.read_parquet(f"{each}/{name}.parquet") for each in folders)

    return [
        *ratios(prepared("sleepstudy"), prepared("InstEval"), booster, repeats),
        *epochs(rows),
        *predictions(repeats=repeats),
        *imports(),
    ]


if __name__ == "__main__":
    main()
