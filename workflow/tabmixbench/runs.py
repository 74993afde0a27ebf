"""One job of the benchmark: one model on one dataset, every split inside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec, create
from tabmixbench.adapters.base import TimedOut, Unsuitable
from tabmixbench.code import code_version
from tabmixbench.files import write_atomically, write_parquet
from tabmixbench.folds import PREDICTED, Fold, fit_together
from tabmixbench.registry import Dataset

Record = dict[str, Any]

NEW_GROUPS = "groups"
"""The protocol that leaves out whole groups."""


def run_model(
    dataset: Dataset,
    spec: ModelSpec,
    data: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    seed: int,
    threads: int,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[Record, pd.DataFrame]:
    """Fit and score one model on every split of one dataset.

    Parameters
    ----------
    dataset, spec
        What to predict, and with what.
    data : DataFrame of shape (n, ...)
        The prepared rows.
    splits : DataFrame of shape (n, n_splits)
        True where the row is a test row; columns are named ``<protocol>_<k>``.
    seed : int
        Split k uses ``seed + k``.
    report : callable
        Gets one line of progress a split.

    Returns
    -------
    record : dict
        Versions, the settings that all splits share, and per split the status, scores, seconds
        and settings of its own; JSON-able.
    predictions : DataFrame
        protocol, split, row (position in `data`), y, prediction. The target of a regression is
        in units of the training standard deviation, centred on the training mean.
    """
    folds = [
        Fold.of(
            create(
                spec, dataset, seed=seed + k, threads=threads, new_groups=protocol == NEW_GROUPS
            ),
            data,
            test,
            protocol,
            k,
        )
        for protocol, k, test in iterate_splits(splits)
    ]
    fit_together(folds)
    outcomes, frames = [], []
    timed_out: dict[str, TimedOut] = {}
    while folds:
        # A fold that is done gives back its rows and its model.
        fold = folds.pop(0)
        protocol = fold.outcome["protocol"]
        if protocol in timed_out:
            reason = f"{timed_out[protocol]} on another split, so this one was not tried"
            fold.outcome.update(status="timed out", reason=reason)
        else:
            try:
                frames.append(fold.run())
            except Unsuitable as reason:
                status = "unsuitable"
                if isinstance(reason, TimedOut):
                    timed_out[protocol], status = reason, "timed out"
                fold.outcome.update(status=status, reason=str(reason))
            else:
                fold.outcome["settings"] = fold.model.resolved()
            report(f"{dataset.name} {spec.name} {fold}")
        outcomes.append(fold.outcome)
    record = {
        "dataset": dataset.name,
        "model": spec.name,
        "label": spec.label,
        "task": dataset.task,
        "target": dataset.target,
        "formula": dataset.formula,
        "n": len(data),
        "data_digest": frame_digest(data),
        "code": code_version(),
        "settings": share_settings(outcomes),
        "splits": outcomes,
    }
    found = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=PREDICTED)
    return record, found


def share_settings(outcomes: Iterable[Record]) -> dict[str, Any]:
    """Return the settings that all splits share; each keeps those that differ."""
    each = [outcome["settings"] for outcome in outcomes if "settings" in outcome]
    first = dict(each[0]) if each else {}
    shared = {
        key: value
        for key, value in first.items()
        if all(key in own and own[key] == value for own in each)
    }
    for own in each:
        for key in shared:
            del own[key]
    return shared


def iterate_splits(splits: pd.DataFrame) -> Iterator[tuple[str, int, np.ndarray]]:
    """Yield (protocol, number, boolean test mask of shape (n,)) for each column of `splits`."""
    for column in splits.columns:
        protocol, _, k = column.rpartition("_")
        yield protocol, int(k), splits[column].to_numpy(dtype=bool)


def frame_digest(data: pd.DataFrame) -> str:
    """Short SHA-256 of the values and column names of a frame."""
    values = pd.util.hash_pandas_object(data, index=False).to_numpy()
    return hashlib.sha256(values.tobytes() + ",".join(data.columns).encode()).hexdigest()[:16]


def write_run(
    record: Record, predictions: pd.DataFrame, record_path: str | Path, parquet: str | Path
) -> None:
    """Write a run so that neither file ever exists half-written."""
    write_parquet(predictions, parquet)
    text = json.dumps(record, indent=1, allow_nan=True) + "\n"
    write_atomically(record_path, lambda temporary: temporary.write_text(text))


def fitting_seconds(records: Iterable[Record]) -> float:
    """Seconds inside ``fit``, ``predict`` and ``predict_sd`` of all models."""
    return sum(
        split["fit_seconds"] + split["predict_seconds"] + split.get("sd_seconds", 0.0)
        for record in records
        for split in record["splits"]
        if split["status"] == "ok"
    )
