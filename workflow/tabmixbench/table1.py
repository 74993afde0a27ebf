"""Table 1: the size of every dataset as fetched, beside the paper's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tabmixbench.registry import Dataset

TASKS = {"regression": "R", "binary": "C"}


def table1(registry: Mapping[str, Dataset], prepared_dir: str | Path) -> pd.DataFrame:
    """Compare what was fetched with the paper's Table 1.

    p counts features and grouping columns, as the paper does where it can be checked (sleepstudy
    2, Orthodont 3, Abalone 8). G is the number of groups of the main factor; `groups` lists
    every factor.

    Parameters
    ----------
    registry
        The datasets to list; each must have been prepared.
    prepared_dir
        Folder of ``<name>.parquet``.

    Returns
    -------
    DataFrame
        One row a dataset: dataset, title, domain, suite, task, n, p, G, groups, paper_n, paper_p,
        paper_G, differs, source, note. `differs` names those of n, p and G that are not the
        paper's, and is empty where all agree or the paper's Table 1 does not list the dataset.

    Raises
    ------
    FileNotFoundError
        When a dataset has not been prepared.
    """
    records = [_record(dataset, Path(prepared_dir)) for dataset in registry.values()]
    table = pd.DataFrame.from_records(records)
    whole = ["n", "p", "G", "paper_n", "paper_p", "paper_G"]
    return table.astype(dict.fromkeys(whole, "Int64"))


def _record(dataset: Dataset, prepared_dir: Path) -> dict[str, object]:
    path = prepared_dir / f"{dataset.name}.parquet"
    if not path.is_file():
        raise FileNotFoundError(
            f"dataset {dataset.name!r} has not been prepared: make {str(path)!r} first."
        )
    data = pd.read_parquet(path)
    levels = {group: data[group].nunique() for group in dataset.groups}
    ours = {
        "n": len(data),
        "p": data.shape[1] - 1,
        "G": next(iter(levels.values()), None),
    }
    # A dash for G in the paper is a statement (no groups), so groups of ours differ from it.
    differs = [key for key, value in dataset.paper.items() if value != ours[key]]
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "domain": dataset.domain,
        "suite": ", ".join(dataset.suites),
        "task": TASKS[dataset.task],
        **ours,
        "groups": ", ".join(f"{group} {count}" for group, count in levels.items()),
        **{f"paper_{key}": dataset.paper.get(key) for key in ours},
        "differs": ", ".join(differs),
        "source": dataset.source,
        "note": dataset.note,
    }
