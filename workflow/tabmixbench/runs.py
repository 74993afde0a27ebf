"""One job of the benchmark: one model on one dataset, every split inside."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec, create
from tabmixbench.adapters.base import Adapter, TimedOut, Unsuitable
from tabmixbench.files import write_atomically, write_parquet
from tabmixbench.metrics import SCORES, distribution_scores
from tabmixbench.registry import Dataset

Record = dict[str, Any]


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
        Settings, versions, and per split the status, scores and seconds; JSON-able.
    predictions : DataFrame
        protocol, split, row (position in `data`), y, prediction. The target of a regression is
        in units of the training standard deviation, centred on the training mean.
    """
    resolved: dict[str, Any] = {}
    outcomes, frames, folds = [], [], []
    timed_out: TimedOut | None = None
    for protocol, k, test in iterate_splits(splits):
        outcome: Record = {"protocol": protocol, "split": k, "n_test": int(test.sum())}
        outcome["n_train"] = len(data) - outcome["n_test"]
        model = create(spec, dataset, seed=seed + k, threads=threads)
        folds.append(Fold.of(model, dataset, data, test, outcome))
    _fit_together(folds)
    while folds:
        fold = folds.pop(0)
        model, test, outcome = fold.model, fold.test, fold.outcome
        protocol, k, y, scale = outcome["protocol"], outcome["split"], fold.y, fold.scale
        if timed_out is not None:
            reason = f"{timed_out} on another split, so this one was not tried"
            outcomes.append(outcome | {"status": "timed out", "reason": reason})
            continue
        try:
            prediction, sd = _fit_fold(fold, dataset)
        except Unsuitable as reason:
            status = "unsuitable"
            if isinstance(reason, TimedOut):
                status, timed_out = "timed out", reason
            outcome |= {"status": status, "reason": str(reason)}
            report(f"{dataset.name} {spec.name} {protocol} {k}: {reason}")
        else:
            scores = SCORES[dataset.task](y, prediction)
            if dataset.task == "regression":
                scores["MSE"] = scores["RMSE"] ** 2 * scale**2
            if sd is not None:
                scores |= distribution_scores(y, prediction, sd)
            outcome |= {"status": "ok", "metrics": scores}
            resolved = model.resolved()
            rows = np.flatnonzero(test)
            frames.append(
                pd.DataFrame(
                    {
                        "protocol": protocol,
                        "split": k,
                        "row": rows,
                        "y": y,
                        "prediction": prediction,
                    }
                )
            )
            head, value = next(iter(scores.items()))
            report(
                f"{dataset.name} {spec.name} {protocol} {k}: {head} {value:.4f} "
                f"({outcome['fit_seconds']:.1f} s)"
            )
        outcomes.append(outcome)
    record = {
        "dataset": dataset.name,
        "model": spec.name,
        "label": spec.label,
        "task": dataset.task,
        "target": dataset.target,
        "formula": dataset.formula,
        "n": len(data),
        "data_digest": frame_digest(data),
        "settings": resolved,
        "splits": outcomes,
    }
    columns = ["protocol", "split", "row", "y", "prediction"]
    predictions = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return record, predictions


@dataclass(frozen=True)
class Fold:
    """One split of the rows, and the model that is to be fitted to it.

    Parameters
    ----------
    model : Adapter
    test : ndarray of bool, shape (n,)
        The test rows.
    train, held_out : DataFrame
        Training and test rows; a regression's target is standardised in the training rows.
    y : ndarray, shape (n_test,)
        The test rows' target, in the same units.
    scale : float
        What the units are.
    outcome : dict
        What is recorded of the split.
    """

    model: Adapter
    test: np.ndarray
    train: pd.DataFrame
    held_out: pd.DataFrame
    y: np.ndarray
    scale: float
    outcome: Record

    @classmethod
    def of(
        cls, model: Adapter, dataset: Dataset, data: pd.DataFrame, test: np.ndarray, outcome: Record
    ) -> Fold:
        """Cut the rows."""
        train, held_out = data[~test].reset_index(drop=True), data[test].reset_index(drop=True)
        y = held_out[dataset.target].to_numpy(dtype=float)
        scale = 1.0
        if dataset.task == "regression":
            mean, scale = train[dataset.target].mean(), train[dataset.target].std()
            train = train.assign(**{dataset.target: (train[dataset.target] - mean) / scale})
            y = (y - mean) / scale
        held_out = held_out.drop(columns=dataset.target)
        return cls(model, test, train, held_out, y, float(scale), outcome)


def _fit_together(folds: Sequence[Fold]) -> None:
    """Fit those models that are cheaper together; each gets its share of the seconds."""
    for module in {module for fold in folds for module in fold.model.imports}:
        import_module(module)
    able = [fold for fold in folds if fold.model.together and not fold.model.unsuitable(fold.train)]
    if not able:
        return
    models = [fold.model for fold in able]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        type(models[0]).fit_together(models, [fold.train for fold in able])
        seconds = (time.perf_counter() - start) / len(able)
    for fold in able:
        fold.outcome["fit_seconds"] = seconds
        _note_warnings(fold.outcome, caught)


def _fit_fold(fold: Fold, dataset: Dataset) -> tuple[np.ndarray, np.ndarray | None]:
    """Fit unless that is done, and predict the test rows; the seconds go into the outcome.

    Returns the prediction, and its standard deviation where the model has one.
    """
    model, outcome = fold.model, fold.outcome
    if (reason := model.unsuitable(fold.train)) is not None:
        raise Unsuitable(reason)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        start = time.perf_counter()
        if "fit_seconds" not in outcome:
            model.fit(fold.train)
            outcome["fit_seconds"] = time.perf_counter() - start
        fitted = time.perf_counter()
        prediction = np.asarray(model.predict(fold.held_out), dtype=float)
        outcome["predict_seconds"] = time.perf_counter() - fitted
        sd = None
        if dataset.task == "regression":
            predicted = time.perf_counter()
            sd = model.predict_sd(fold.held_out)
            outcome["sd_seconds"] = time.perf_counter() - predicted
    _note_warnings(outcome, caught)
    if not np.isfinite(prediction).all():
        bad = int((~np.isfinite(prediction)).sum())
        raise ValueError(
            f"{type(model).__name__} predicted {bad} non-finite values of {len(prediction)} on "
            f"{dataset.name}: the model diverged, look at its settings"
        )
    return prediction, sd


def _note_warnings(outcome: Record, caught: Sequence[warnings.WarningMessage]) -> None:
    found = {str(w.message).split("\n")[0][:200] for w in caught} | set(outcome.get("warnings", []))
    if found:
        outcome["warnings"] = sorted(found)[:10]


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


def read_record(path: str | Path) -> Record:
    """Read what `write_run` wrote."""
    return json.loads(Path(path).read_text())


def fitting_seconds(records: Iterable[Record]) -> float:
    """Seconds inside ``fit``, ``predict`` and ``predict_sd`` of all models."""
    return sum(
        split["fit_seconds"] + split["predict_seconds"] + split.get("sd_seconds", 0.0)
        for record in records
        for split in record["splits"]
        if split["status"] == "ok"
    )
