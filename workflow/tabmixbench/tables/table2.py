"""Table 2: in how many datasets the paper's network beats XGBoost, and by how much on average."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from tabmixbench.tables.averages import OF_AVERAGES, average_improvement
from tabmixbench.tables.comparison import OURS, RIVALS
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

SUITES = {"regression": "RMSE", "classification": "AUROC"}
#: The table of the paper that prints the datasets of a suite.
PRINTED = {"regression": "table3", "classification": "table4"}


def build(results: Results) -> Table:
    """Wins and average improvements over XGBoost without and with ids, beside the paper's."""
    records, rows = [], []
    for suite, metric in SUITES.items():
        paper = results.paper["table2"][suite]
        for rival in RIVALS:
            gains = gains_over(results, suite, metric, rival)
            wins = int((gains > 0).sum())
            average = float("nan")
            if len(gains):
                average, _ = average_improvement(results, suite, metric, OURS, rival, gains.index)
            record = {
                "benchmark": suite,
                "rival": rival,
                "metric": metric,
                "datasets": len(gains),
                "without_rival": len(results.datasets(suite)) - len(gains),
                "wins": wins,
                "win_percent": 100 * wins / len(gains) if len(gains) else float("nan"),
                "improvement": average,
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
        f"The average improvement is the mean over datasets; of {' and '.join(OF_AVERAGES)} it is "
        "that of the average scores, as the paper's is, which its Table 4 shows.",
        *(f"{note}." for note in _guesses(results)),
    ]
    return Table(
        "Table 2. Wins and average improvement over XGBoost",
        header,
        rows,
        pd.DataFrame(records),
        notes,
    )


def not_printed(results: Results, suite: str) -> str:
    """Titles of the datasets of a suite that the paper's own table of it does not print."""
    names = (d for d in results.datasets(suite) if d not in results.paper[PRINTED[suite]])
    return ", ".join(results.registry[name].title for name in names)


def _guesses(results: Results) -> Iterator[str]:
    """Which datasets are our guess, where the paper counts more than it prints."""
    for suite, table in PRINTED.items():
        counted, printed = results.paper["table2"][suite]["datasets"], len(results.paper[table])
        if counted > printed and (guessed := not_printed(results, suite)):
            yield (
                f"The paper counts {counted} {suite} datasets, prints {printed} of them in its "
                f"Table {table[-1]} and does not name the others: {guessed} are our guess, as its "
                "Table 1 lists them besides"
            )


def gains_over(results: Results, suite: str, metric: str, rival: str) -> pd.Series:
    """Improvement in percent on each dataset that the paper's network and a rival both ran."""
    gains = {d: results.gain(suite, d, OURS, rival, metric) for d in results.datasets(suite)}
    return pd.Series(gains, dtype=float).dropna()


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
