"""Every model's score on every dataset, mean and spread over the splits."""

from __future__ import annotations

import pandas as pd

from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.tables.cell import best
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text


def build(results: Results, board: Board) -> Table:
    """One row a dataset, one column a model in the order of the ranking."""
    standings = Standings(results, board)
    rows, records = [], []
    for dataset in standings.datasets:
        cells = [standings.cell(dataset, model) for model in standings.models]
        bold = best(cells, board.larger_is_better)
        title = results.registry[dataset].title
        rows.append([Text(title), *(Text(c.text(), b) for c, b in zip(cells, bold, strict=True))])
        for model, cell in zip(standings.models, cells, strict=True):
            records.append(
                {
                    "dataset": dataset,
                    "model": model,
                    "mean": cell.mean,
                    "sd": cell.sd,
                    "splits": cell.splits,
                    "behind_best": standings.behind_best(dataset, model),
                    "reason": "" if cell.is_whole else cell.reason,
                }
            )
    unit = ", in training standard deviations" if board.metric == "RMSE" else ""
    return Table(
        f"Scores. {board.title}: {board.metric}",
        ["Dataset", *(standings.label(model) for model in standings.models)],
        rows,
        pd.DataFrame(records),
        [
            f"{board.metric}{unit}, mean ± standard deviation over the splits; the best mean is in "
            "bold, models stand in the order of the leaderboard. A mean over some of the splits, "
            "which are counted beside it, is not compared."
        ],
    )
