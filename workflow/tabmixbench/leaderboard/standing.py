"""Who leads, and by how much: a ranking in one line, for pages that show several."""

from __future__ import annotations

from math import nan

import pandas as pd

from tabmixbench.leaderboard import words
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranks import Margin, Ranks
from tabmixbench.leaderboard.roles import DEFAULT, PAPER
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

OVER_TREES = "best tree ensemble: margin (critical difference)"
HEADER = [
    "Leaderboard",
    "datasets, models",
    "best mean rank",
    "second: lead (critical difference)",
    OVER_TREES,
    "with each method once",
    "default better / alike / worse",
    "led by default / others",
]
NOTES = [
    "The second is whichever model comes next; this library's mixed model of the formula is one of "
    "them.",
    "The margin is that of the first model over the best ensemble of trees, in mean ranks; a lead "
    "is bold where it exceeds the critical difference (Nemenyi, 5% level). Ranked once, a method "
    "takes part in the best of its configurations; a margin below zero is the trees'.",
    "Numbers of models that the default is better than, not told apart from, and worse than, by "
    "Wilcoxon's signed-rank test over the datasets (5% level, Holm's method).",
    "The default is `TabMixNNRegressor` or `TabMixNNClassifier` with nothing but a formula. It "
    "leads on datasets where it has, or shares to six digits, the best mean score; others lead "
    "where no model of this library does.",
    "Rankings over several boards are of the models that are ranked on each of these, and count "
    "data once that two datasets share; under each of them stands what it is without.",
]
MARGINS = "margin", "critical", "margin_once", "critical_once"
SECOND_MARGIN = "margin_second", "critical_second"
OUTCOMES = "better", "alike", "worse"
COLUMNS = [
    *("board", "datasets", "models", "best", "best_rank", "best_trees", "best_trees_rank"),
    *(
        "paper",
        "paper_rank",
        "paper_place",
        "second",
        "second_rank",
        "nearest",
        "nearest_above",
        "default_above",
    ),
    *("best_ours", "best_ours_rank", *MARGINS, *SECOND_MARGIN, *OUTCOMES),
    *("default_leads", "others_lead", "others", "absent"),
]


def build(results: Results, board: Board) -> Table:
    """Return the line of a board; no line where nothing was ranked."""
    standings = Standings(results, board)
    lost, absent = standings.led_by_others(), map(standings.label, standings.absent)
    return line(standings, board.title, "; ".join(lost), "; ".join(absent))


def line(ranks: Ranks, title: str, others: str = "", absent: str = "") -> Table:
    """Return the line of a ranking.

    Parameters
    ----------
    ranks : Ranks
    title : str
    others : str
        Where other models lead.
    absent : str
        Models that have run and are not ranked.
    """
    said = {"others": others, "absent": absent}
    records = [_record(ranks, title) | said] if len(ranks.ranked) > 1 else []
    rows = [_texts(ranks, record) for record in records]
    data = pd.DataFrame(records, columns=COLUMNS)
    return Table(f"Who leads. {title}", HEADER, rows, data, [*NOTES, words.IN_VIEW])


def _record(ranks: Ranks, title: str) -> dict:
    firsts = {
        "best": ranks.best,
        "second": ranks.second,
        "best_trees": ranks.best_trees,
        "best_ours": ranks.best_ours,
        "paper": next((name for name in ranks.ranked if name in PAPER), None),
    }
    record = {"board": title, "datasets": len(ranks.errors), "models": len(ranks.ranked)}
    for name, model in firsts.items():
        record |= {name: model, f"{name}_rank": ranks.ranks.get(model, nan)}
    if record["paper"] is not None:
        record["paper_place"] = ranks.ranked.index(record["paper"]) + 1
    above = ranks.above_best
    record |= {"nearest": ranks.nearest, "nearest_above": above.get(ranks.nearest, nan)}
    record["default_above"] = above.get(DEFAULT, nan)
    margins = {"": ranks.margin, "_once": ranks.margin_once, "_second": ranks.margin_second}
    for end, margin in margins.items():
        if margin is not None:
            record |= {f"margin{end}": margin.lead, f"critical{end}": margin.critical}
    if ranks.pairs:
        record |= dict(zip(OUTCOMES, map(len, ranks.told_apart), strict=True))
    return record | {"default_leads": len(ranks.led), "others_lead": len(ranks.lost)}


def _texts(ranks: Ranks, record: dict) -> list[Text]:
    return [
        Text(record["board"]),
        Text(f"{record['datasets']}, {record['models']}"),
        Text(_model(ranks, ranks.best), ranks.is_ours(ranks.best)),
        _over(ranks, ranks.second, ranks.margin_second),
        _over(ranks, ranks.best_trees, ranks.margin),
        _margin(ranks.margin_once),
        Text(" / ".join(str(record[name]) for name in OUTCOMES) if ranks.pairs else "–"),
        Text(f"{record['default_leads']} / {record['others_lead']}"),
    ]


def _model(ranks: Ranks, name: str) -> str:
    return f"{ranks.label(name)} {ranks.ranks[name]:.2f}"


def _over(ranks: Ranks, other: str | None, lead: Margin | None) -> Text:
    if other is None:
        return Text("–")
    margin = _margin(lead)
    return Text(f"{_model(ranks, other)}: {margin.value}", margin.bold)


def _margin(margin: Margin | None) -> Text:
    if margin is None:
        return Text("–")
    return Text(f"{margin.lead:.2f} ({margin.critical:.2f})", margin.is_clear)
