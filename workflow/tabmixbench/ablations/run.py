"""One job: every configuration of one category of a study, in every training."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tabmixbench.ablations import one_outcome, two_tasks
from tabmixbench.ablations.spec import Study
from tabmixbench.files import write_atomically
from tabmixbench.registry import Dataset
from tabmixbench.runs import Record
from tabmixbench.streams import stream

RUNNERS: dict[str, Callable[..., Record]] = {
    "one_outcome": one_outcome.run,
    "two_tasks": two_tasks.run,
}


def run_category(
    study: Study,
    category: str,
    dataset: Dataset,
    data: pd.DataFrame,
    splits: pd.DataFrame,
    *,
    seed: int,
    threads: int,
    report: Callable[[str], None] = lambda line: None,
) -> list[Record]:
    """Fit and score the configurations of one category.

    Each configuration draws from a stream of its own, in every training the same: two
    configurations that are the same but for their names show what the seed alone does, and
    trainings start from the same weights.

    Parameters
    ----------
    splits : DataFrame of shape (n, n_splits)
        The row splits are used, the first `study.splits` of them.
    dataset, data, seed, threads, report
        As in `tabmixbench.runs.run_model`.
    """
    columns = [name for name in splits if name.startswith("rows_")][: study.splits]
    records = []
    for configuration in study.of_category(category):
        own = int(stream(seed, study.name, configuration.name).integers(2**31 - len(columns)))
        for training in study.trainings:
            record = RUNNERS[study.runner](
                dataset,
                configuration,
                study.model(configuration, training),
                study.settings(configuration, training),
                data,
                splits[columns],
                seed=own,
                threads=threads,
                report=report,
            )
            records.append({**record, "training": training.name})
    return records


def write_category(records: list[Record], path: str | Path) -> None:
    """Write the records of one job, whole or not at all."""
    text = json.dumps(records, indent=1, allow_nan=True) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text))
