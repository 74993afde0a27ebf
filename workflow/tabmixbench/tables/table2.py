"""Table 2: in how many datasets the paper's network beats XGBoost, and by how much on average."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tabmixbench.tables.comparison import OURS, RIVALS
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

SUITES = {"regression": "RMSE", "classification": "AUROC"}


def build(results: Results) -> Table:
    """Wins and average improvements over XGBoost without and with ids, beside the paper's."""
    records, rows = [], []
    for suite, metric in SUITES.items():
        paper = results.paper["table2"][suite]
        for rival in RIVALS:
            gains, missing = gains_over(results, suite, metric, rival)
            wins = int(np.sum(gains > 0))
            record = {
                "benchmark": suite,
                "rival": rival,
                "metric": metric,
                "datasets": len(gains),
                "without_rival": missing,
                "wins": wins,
                "win_percent": 100 * wins / len(gains) if len(gains) else float("nan"),
                "improvement": float(np.mean(gains)) if len(gains) else float("nan"),
                "paper_datasets": paper["datasets"],
                "paper_wins": paper["wins"],
                "paper_improvement": paper["improvement"],
            }
            records.append(record)
            rows.append(_texts(results, record, paper))
    label = results.models[OURS].label
    header = [
        "Benchmark",
        "against",
        "datasets",
        f"{label} wins",
        "average improvement",
        "paper: datasets",
        "paper: wins",
        "paper: average improvement",
    ]
    notes = [
        f"Wins and improvements of {label} over XGBoost by the means over the splits that both "
        "have; a dataset on which XGBoost has no feature to use without ids is not counted in its "
        "row.",
        "The paper counts 19 regression datasets and prints 15 of them in its Table 3.",
    ]
    return Table(
        "Table 2. Wins and average improvement over XGBoost",
        header,
        rows,
        pd.DataFrame(records),
        notes,
    )


def gains_over(results: Results, suite: str, metric: str, rival: str) -> tuple[np.ndarray, int]:
    """Improvement in percent on each dataset both ran, and how many datasets the rival lacks."""
    datasets = results.datasets(suite)
    gains = np.array([results.gain(suite, d, OURS, rival, metric) for d in datasets])
    return gains[~np.isnan(gains)], int(np.isnan(gains).sum())


def _texts(results: Results, record: dict, paper: dict) -> list[Text]:
    return [
        Text(record["benchmark"].capitalize()),
        Text(results.models[record["rival"]].label),
        Text(str(record["datasets"])),
        Text(f"{record['wins']} ({record['win_percent']:.0f}%)"),
        Text(f"{record['improvement']:+.1f}% {record['metric']}"),
        Text(str(paper["datasets"])),
        Text(f"{paper['wins']} ({paper['win_percent']}%)"),
        Text(f"{paper['improvement']:+.1f}% {paper['metric']}"),
    ]
