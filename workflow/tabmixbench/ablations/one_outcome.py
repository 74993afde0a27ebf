"""A configuration that predicts the dataset's target, as the suite's models do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import sqrt
from typing import Any

import pandas as pd

from tabmixbench.ablations.spec import Configuration
from tabmixbench.adapters import ModelSpec
from tabmixbench.registry import Dataset
from tabmixbench.runs import Record, run_model, share_settings


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
    """Fit and score one configuration on every split.

    Parameters
    ----------
    dataset : Dataset
        What to predict; `configuration` may have another formula.
    model : str
        Name in the record.
    settings : Mapping
        Keywords of the estimator.
    data, splits, seed, threads, report
        As in `tabmixbench.runs.run_model`.

    Returns
    -------
    dict
        As of `run_model`, and in each split ``RMSE_units``, the error in the target's own units,
        and the number of ``epochs``.
    """
    spec = ModelSpec(
        name=model,
        label=configuration.label,
        adapter="tabmixnn",
        params={"estimator": dict(settings)},
        only=None,
        suites=None,
        targets=(),
        note="",
    )
    if configuration.formula is not None:
        dataset = replace(dataset, formula=configuration.formula)
    # Split by split, as each has its own number of epochs.
    records = [
        run_model(dataset, spec, data, splits[[name]], seed=seed, threads=threads, report=report)[0]
        for name in splits
    ]
    for record in records:
        for outcome in record["splits"]:
            if outcome["status"] == "ok":
                outcome["metrics"]["RMSE_units"] = sqrt(outcome["metrics"]["MSE"])
                outcome["epochs"] = [record["settings"].pop("n_iter")]
                outcome["settings"] = record["settings"]
    outcomes = [outcome for record in records for outcome in record["splits"]]
    return {**records[0], "settings": share_settings(outcomes), "splits": outcomes}
