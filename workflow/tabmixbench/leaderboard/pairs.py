"""Every pair of models: on how many datasets one is significantly better than the other."""

from __future__ import annotations

import pandas as pd

from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text


def build(results: Results, board: Board) -> Table:
    """Row against column: wins, ties, losses of the row's model."""
    standings = Standings(results, board)
    rows, records = [], []
    for model in standings.models:
        row = [Text(standings.label(model))]
        for other in standings.models:
            if other == model:
                row.append(Text("–"))
                continue
            wins, ties, losses = standings.compare(model, other)
            row.append(Text(f"{wins}/{ties}/{losses}", wins > losses))
            records.append(
                {"model": model, "other": other, "wins": wins, "ties": ties, "losses": losses}
            )
        rows.append(row)
    return Table(
        f"Pairs. {board.title}: wins/ties/losses of the row against the column",
        ["Model", *(standings.label(model) for model in standings.models)],
        rows,
        pd.DataFrame(records, columns=["model", "other", "wins", "ties", "losses"]),
        [
            f"A win is a difference in {board.metric} over the splits with p < 0.05 by the "
            "corrected resampled t-test, without correction for the number of pairs; bold where "
            "the row wins more datasets than it loses."
        ],
    )
