"""The boards on splits that nothing was chosen on, beside those that everyone looked at.

Whoever makes a default looks at how it does, again and again. What it owes to the luck of the
splits is lost on others; what it owes to having been made on these datasets is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

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
    found = [each for board in _boards() for each in _rankings(results, again, board)]
    lines = [(each.splits, _line(each.ranks, each.title)) for each in found]
    rows = [row for _, line in lines for row in line.rows]
    parts = [line.data.assign(splits=splits) for splits, line in lines]
    data = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    ranked = {name for each in found for name in each.ranks.ranked}
    models = {name: spec for name, spec in again.models.items() if name in ranked}
    header = [*standing.HEADER[:PLACE], RELATIVE, *standing.HEADER[PLACE:]]
    notes = [
        *([_said(data), _compared(found)] if found else [NOTHING]),
        f"“First” are the splits drawn from seed {seeds[0]}, which were looked at while models "
        f"were made, and “again” those drawn from seed {seeds[1]}, on which nothing was chosen. "
        "The datasets are the same, and so are the models, but for what is said below of versions.",
        "The error is RMSE, or what AUROC lacks to 1; of its ratios on the datasets the median.",
        *standing.NOTES,
        *published.note(pd.concat([results.metrics, again.metrics]), models),
    ]
    return Table("The leaderboards again, on other splits", header, rows, data, notes)


class Ranking(NamedTuple):
    """A leaderboard on the first splits or on the others.

    Attributes
    ----------
    title, splits : str
    ranks : Ranks
        Of the models with scores on both.
    alone : int
        How many models are ranked where those without scores on the other splits are, too.
    """

    title: str
    splits: str
    ranks: Ranks
    alone: int


def _boards() -> Iterator[Board | Pool]:
    yield from BOARDS.values()
    yield from POOLS.values()


def _rankings(results: Results, again: Results, board: Board | Pool) -> list[Ranking]:
    """One leaderboard twice; none where fewer than two models have run on both splits."""
    make = Standings if isinstance(board, Board) else Overall
    both = [make(each, board) for each in (results, again)]
    first, second = (each.errors.dropna(axis="columns", how="all") for each in both)
    models = [name for name in first.columns if name in second.columns]
    datasets = first.index.intersection(second.index)
    found = []
    for splits, errors, whole in zip((FIRST, AGAIN), (first, second), both, strict=True):
        ranks = Ranks(errors.loc[datasets, models], results.models)
        if len(datasets) and len(ranks.ranked) > 1:
            title = f"{board.title}, {splits}"
            found.append(Ranking(title, splits, ranks, len(whole.ranked)))
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


def _compared(found: Sequence[Ranking]) -> str:
    """How many models are ranked here, and how many on the leaderboards themselves."""
    here = {len(each.ranks.ranked) for each in found}
    there = {each.alone for each in found if each.splits == FIRST}
    return (
        f"Ranked are the models that have run on both splits, {_range(here)} of the "
        f"{_range(there)} of a leaderboard: on the first splits, too, ranks and leads are not "
        "those of the leaderboard itself."
    )


def _range(numbers: set[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"
