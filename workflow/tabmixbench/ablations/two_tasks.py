"""A configuration that predicts a count and whether it is above its median (section 5.3.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tabmixbench.ablations.spec import Configuration
from tabmixbench.code import code_version
from tabmixbench.metrics import binary_scores, regression_scores
from tabmixbench.registry import Dataset
from tabmixbench.runs import Record, frame_digest, iterate_splits

if TYPE_CHECKING:
    from tabmixnn import OutcomeSpec, TabMixNN

MATURE = "mature"


def run(
    dataset: Dataset,
    configuration: Configuration,
    model: str,
    settings: Mapping[str, Any],
    data: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    seed: int,
    threads: int,
    report: Callable[[str], None],
) -> Record:
    """Fit and score both tasks on every split, by one model or by one a task.

    Parameters
    ----------
    dataset : Dataset
        Its target is the regression; the classification is whether it exceeds its median.
    configuration : Configuration
        `together` decides how many models there are.
    model, settings, data, splits, seed, threads, report
        As in `tabmixbench.ablations.one_outcome.run`.

    Returns
    -------
    dict
        A record of `tabmixbench.runs` with the scores of both tasks; the regression's are in the
        target's own units.
    """
    import torch

    from tabmixnn import TabMixNN, __version__

    torch.set_num_threads(threads)
    target = dataset.target
    data = data.assign(**{MATURE: (data[target] > data[target].median()).astype(int)})
    formula = "~" + (configuration.formula or dataset.formula).partition("~")[2]
    outcomes: list[Record] = []
    for protocol, k, test in iterate_splits(splits):
        models = [
            TabMixNN(formula, outcomes=specs, random_state=seed + k, **settings)
            for specs in _tasks(target, together=configuration.together)
        ]
        outcome = {"protocol": protocol, "split": k, **_run_split(models, target, data, test)}
        outcomes.append(outcome)
        report(
            f"{model} {protocol} {k}: RMSE {outcome['metrics']['RMSE']:.3f}, "
            f"AUC {outcome['metrics']['AUROC']:.3f} ({outcome['fit_seconds']:.1f} s)"
        )
    return {
        "dataset": dataset.name,
        "model": model,
        "label": configuration.label,
        "task": "multitask",
        "target": f"{target}, {MATURE}",
        "formula": formula,
        "n": len(data),
        "data_digest": frame_digest(data),
        "code": code_version(),
        "settings": {
            "package": "tabmixnn",
            "version": __version__,
            "seed": seed,
            "threads": threads,
            "together": configuration.together,
            **settings,
        },
        "splits": outcomes,
    }


def _tasks(target: str, *, together: bool) -> list[list[OutcomeSpec]]:
    """Return the outcomes of each model: of one for both tasks, or of one a task."""
    from tabmixnn import OutcomeSpec

    age, maturity = OutcomeSpec("age", target), OutcomeSpec("maturity", MATURE, "binomial")
    return [[age, maturity]] if together else [[age], [maturity]]


def _run_split(
    models: list[TabMixNN], target: str, data: pd.DataFrame, test: np.ndarray
) -> dict[str, Any]:
    """Fit and score both tasks on one split; return what is recorded of it."""
    train, held_out = data[~test], data[test]
    hidden = held_out.drop(columns=[target, MATURE])
    predictions: dict[str, np.ndarray] = {}
    started, fitted = time.perf_counter(), 0.0
    for each in models:
        before = time.perf_counter()
        each.fit(train)
        fitted += time.perf_counter() - before
        predictions |= each.predict(hidden, as_dict=True)
    seconds = time.perf_counter() - started
    return {
        "n_test": len(held_out),
        "n_train": len(train),
        "fit_seconds": fitted,
        "predict_seconds": seconds - fitted,
        "status": "ok",
        "metrics": {
            **regression_scores(held_out[target].to_numpy(float), predictions["age"]),
            **binary_scores(held_out[MATURE].to_numpy(float), predictions["maturity"]),
        },
        "epochs": [each.n_iter_ for each in models],
    }
