"""Table 1: the datasets as fetched, beside the paper's sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.table1 import table1
from tabmixbench.tables.table import Table, Text


def build(registry: Mapping[str, Dataset], prepared: str | Path) -> Table:
    """Render n, p and G of the prepared data; what differs from the paper is in bold."""
    data = table1(registry, prepared)
    header = ["Dataset", "Domain", "n", "p", "G", "Task", "paper: n", "paper: p", "paper: G"]
    rows = [_row(record) for record in data.to_dict("records")]
    differing = int((data["differs"] != "").sum())
    notes = [
        "n: rows; p: features and grouping columns; G: groups of the main grouping factor; task R: "
        "regression, C: classification.",
        "The paper's Table 1 lists eight datasets; a dash stands where it says nothing.",
        f"In bold: what differs from the paper ({differing} datasets); config/datasets.yaml says "
        "why.",
        *_simulated(registry, data["dataset"]),
    ]
    return Table("Table 1. Datasets as fetched, beside the paper's", header, rows, data, notes)


def _simulated(registry: Mapping[str, Dataset], names: Iterable[str]) -> list[str]:
    """Name the datasets that are no observations."""
    titles = [registry[name].title for name in names if registry[name].is_simulated]
    if not titles:
        return []
    return [
        f"Simulated by this suite, to the paper's sizes, since the paper's cannot be had: "
        f"{', '.join(titles)}. A model of the form that they are drawn from has an advantage there."
    ]


def _row(record: dict) -> list[Text]:
    differs = record["differs"].split(", ")
    ours = [Text(_number(record[key]), key in differs) for key in ("n", "p", "G")]
    paper = [Text(_number(record[f"paper_{key}"])) for key in ("n", "p", "G")]
    return [
        Text(record["title"]),
        Text(record["domain"]),
        *ours,
        Text(record["task"]),
        *paper,
    ]


def _number(value) -> str:
    return "–" if pd.isna(value) else f"{int(value):,}"
