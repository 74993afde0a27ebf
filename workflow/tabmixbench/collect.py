"""From the records of all runs to the one long file of scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from tabmixbench.runs import Record

COLUMNS = [
    "suite",
    "dataset",
    "task",
    "model",
    "protocol",
    "split",
    "metric",
    "value",
    "fit_seconds",
    "predict_seconds",
]


def read_records(path: str | Path) -> list[Record]:
    """Read the records of one job: of a fit, which writes one, or of a category of ablations."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged ({error}): delete it, and it is made anew") from None
    return found if isinstance(found, list) else [found]


def long_metrics(records: Iterable[tuple[str, Record]]) -> pd.DataFrame:
    """One row per (suite, dataset, model, protocol, split, metric).

    Parameters
    ----------
    records : iterable of (suite, record)
        A record appears once for each suite its dataset belongs to.
    """
    rows = [
        (
            suite,
            record["dataset"],
            record["task"],
            record["model"],
            outcome["protocol"],
            outcome["split"],
            metric,
            value,
            outcome["fit_seconds"],
            outcome["predict_seconds"],
        )
        for suite, record in records
        for outcome in record["splits"]
        if outcome["status"] == "ok"
        for metric, value in outcome["metrics"].items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def reasons(records: Iterable[tuple[str, Record]]) -> pd.DataFrame:
    """Why a model has no result on a dataset: suite, dataset, model, protocol, n_splits, reason."""
    rows = [
        (suite, record["dataset"], record["model"], outcome["protocol"], outcome["reason"])
        for suite, record in records
        for outcome in record["splits"]
        if outcome["status"] != "ok"
    ]
    frame = pd.DataFrame(rows, columns=["suite", "dataset", "model", "protocol", "reason"])
    keys = ["suite", "dataset", "model", "protocol"]
    counts = frame.groupby(keys, sort=False)["reason"].agg(n_splits="size", reason="first")
    return counts.reset_index()


def summary(metrics: pd.DataFrame) -> pd.DataFrame:
    """Mean, sd and number of splits per (suite, dataset, task, model, protocol, metric)."""
    keys = ["suite", "dataset", "task", "model", "protocol", "metric"]
    grouped = metrics.groupby(keys, sort=False, observed=True)
    return grouped.agg(
        mean=("value", "mean"),
        sd=("value", "std"),
        splits=("value", "size"),
        fit_seconds=("fit_seconds", "mean"),
        predict_seconds=("predict_seconds", "mean"),
    ).reset_index()
