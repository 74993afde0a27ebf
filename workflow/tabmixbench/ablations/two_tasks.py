"""A configuration that predicts a count and whether it is above its median (section 5.3.4)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.ablations.spec import Configuration
from tabmixbench.metrics import binary_scores, regression_scores
from tabmixbench.registry import Dataset
from tabmixbench.runs import Record, frame_digest, iterate_splits

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

    from tabmixnn import OutcomeSpec, TabMixNN, __version__

    torch.set_num_threads(threads)
    target = dataset.target
    data = data.assign(**{MATURE: (data[target] > data[target].median()).astype(int)})
    age, maturity = OutcomeSpec("age", target), OutcomeSpec("maturity", MATURE, "binomial")
    models = [[age, maturity]] if configuration.together else [[age], [maturity]]
    formula = "~" + (configuration.formula or dataset.formula).partition("~")[2]
    outcomes: list[Record] = []
    for protocol, k, test in iterate_splits(splits):
        train, held_out = data[~test], data[test]
        hidden = held_out.drop(columns=[target, MATURE])
        predictions: dict[str, np.ndarray] = {}
        epochs = []
        started = time.perf_counter()
        fitted = 0.0
        for specs in models:
            estimator = TabMixNN(formula, outcomes=specs, random_state=seed + k, **settings)
            before = time.perf_counter()
            estimator.fit(train)
            fitted += time.perf_counter() - before
            predictions |= estimator.predict(hidden, as_dict=True)
            epochs.append(estimator.n_iter_)
        seconds = time.perf_counter() - started
        metrics = {
            **regression_scores(held_out[target].to_numpy(float), predictions["age"]),
            **binary_scores(held_out[MATURE].to_numpy(float), predictions["maturity"]),
        }
        outcomes.append(
            {
                "protocol": protocol,
                "split": k,
                "n_test": int(test.sum()),
                "n_train": int((~test).sum()),
                "fit_seconds": fitted,
                "predict_seconds": seconds - fitted,
                "status": "ok",
                "metrics": metrics,
                "epochs": epochs,
            }
        )
        report(
            f"{model} {protocol} {k}: RMSE {metrics['RMSE']:.3f}, AUC {metrics['AUROC']:.3f} "
            f"({fitted:.1f} s)"
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
