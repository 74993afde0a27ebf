"""The boards on splits that nothing was chosen on, beside those that everyone looked at.

Whoever makes a default looks at how it does, again and again. What it owes to the luck of the
splits is lost on others; what it owes to having been made on these datasets is not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from tabmixbench.leaderboard import published, standing
from tabmixbench.leaderboard.board import BOARDS, Board, Standings
from tabmixbench.leaderboard.overall import POOLS, Overall, Pool
from tabmixbench.leaderboard.ranks import Ranks
from tabmixbench.leaderboard.roles import DEFAULT
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

RELATIVE = "default's error relative to it"
#: After the column of the best tree ensemble.
PLACE = standing.HEADER.index(standing.OVER_TREES) + 1
FIRST, AGAIN = "first", "again"
NOTHING = "No two models have run on both splits: fit the first ones too (`snakemake`)."


def build(results: Results, again: Results, seeds: tuple[int, int]) -> Table:
    """Return the table: two lines a leaderboard, of the first splits and of the others.

    Parameters
    ----------
    results, again : Results
        Scores on the first splits and on the others. Models and datasets with scores on both
        are ranked.
    seeds : tuple of int
        Of the two.
    """
    lines = [line for board in _rankings() for line in _lines(results, again, board)]
    rows = [row for _, line in lines for row in line.rows]
    parts = [line.data.assign(splits=splits) for splits, line in lines if len(line.data)]
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    header = [*standing.HEADER[:PLACE], RELATIVE, *standing.HEADER[PLACE:]]
    notes = [
        _said(data) if len(data) else NOTHING,
        f"Splits drawn from seed {seeds[0]}, which were looked at while models were made, and the "
        f"same models, fitted anew, on splits drawn from seed {seeds[1]}. The datasets are the "
        "same.",
        "The error is RMSE, or what AUROC lacks to 1; of its ratios on the datasets the median.",
        *standing.NOTES,
        *published.note(pd.concat([results.metrics, again.metrics]), again.models),
    ]
    return Table("The leaderboards again, on other splits", header, rows, data, notes)


def _rankings() -> Iterator[Board | Pool]:
    yield from BOARDS.values()
    yield from POOLS.values()


def _lines(results: Results, again: Results, board: Board | Pool) -> list[tuple[str, Table]]:
    """The lines of one leaderboard; none where fewer than two models have run on both splits."""
    make = Standings if isinstance(board, Board) else Overall
    both = [make(each, board).errors for each in (results, again)]
    first, second = (errors.dropna(axis="columns", how="all") for errors in both)
    models = [name for name in first.columns if name in second.columns]
    datasets = first.index.intersection(second.index)
    found = []
    for splits, errors in ((FIRST, first), (AGAIN, second)):
        ranks = Ranks(errors.loc[datasets, models], results.models)
        if len(datasets) and len(ranks.ranked) > 1:
            found.append((splits, _line(ranks, f"{board.title}, {splits}")))
    return found


def _line(ranks: Ranks, title: str) -> Table:
    line = standing.line(ranks, title)
    ratio = float("nan")
    if ranks.best_trees is not None and DEFAULT in ranks.errors:
        ratio = float((ranks.errors[DEFAULT] / ranks.errors[ranks.best_trees]).median())
    default = ranks.ranks.get(DEFAULT, float("nan"))
    line.data = line.data.assign(relative=ratio, default_rank=default)
    line.rows[0].insert(PLACE, Text("–" if pd.isna(ratio) else f"{ratio:.3f}"))
    return line


def _said(data: pd.DataFrame) -> str:
    """How often the default leads on either, and what changed most."""
    first, second = (data[data["splits"] == splits] for splits in (FIRST, AGAIN))
    leads = [int((each["best"] == DEFAULT).sum()) for each in (first, second)]
    change = second["default_rank"].to_numpy() - first["default_rank"].to_numpy()
    return (
        f"Of {len(first)} leaderboards the default leads {leads[0]} on the first splits and "
        f"{leads[1]} on the others; its mean rank changes by {change.min():+.2f} to "
        f"{change.max():+.2f}, on average by {change.mean():+.2f}."
    )
