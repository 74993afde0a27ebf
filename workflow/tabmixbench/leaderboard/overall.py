"""One ranking over the datasets of several boards: mean ranks do not mind what the score is.

Datasets that are kept to confirm what the others show are not among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from tabmixbench.leaderboard import published, standing, words
from tabmixbench.leaderboard.board import BOARDS, CONFIRMATION, Board, Standings
from tabmixbench.leaderboard.critical import diagram
from tabmixbench.leaderboard.ranks import PAIRS, Ranks, rank_text
from tabmixbench.statistics import p_text
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Pool(NamedTuple):
    """Boards that are ranked as one.

    Attributes
    ----------
    protocol : {"rows", "groups"}
        Of the boards.
    title : str
        What a reader calls them.
    tasks : tuple of str
        Of the boards.
    """

    protocol: str
    title: str
    tasks: tuple[str, ...] = ("regression", "binary")

    @property
    def boards(self) -> list[Board]:
        """The boards, whether anything was ranked on them or not."""
        return [
            board
            for board in BOARDS.values()
            if board.suite != CONFIRMATION
            and board.protocol == self.protocol
            and board.task in self.tasks
        ]

    @property
    def scores(self) -> dict[str, list[str]]:
        """Paths of the scores they are made of, and of why there are none."""
        return {
            name: list(dict.fromkeys(board.scores[name] for board in self.boards))
            for name in ("metrics", "reasons")
        }


#: By the name of the table and of the figure.
POOLS = {
    "overall": Pool("rows", "Paper's and other datasets, known groups"),
    "overall_regression": Pool(
        "rows", "Paper's and other regressions, known groups", ("regression",)
    ),
    "overall_classification": Pool(
        "rows", "Paper's and other classifications, known groups", ("binary",)
    ),
    "overall_groups": Pool("groups", "Paper's and other datasets, new groups"),
    "overall_groups_regression": Pool(
        "groups", "Paper's and other regressions, new groups", ("regression",)
    ),
    "overall_groups_classification": Pool(
        "groups", "Paper's and other classifications, new groups", ("binary",)
    ),
}


class Overall(Ranks):
    """Mean ranks over the datasets of every board of a pool.

    A model is in it that has a score on every one of these boards.

    Parameters
    ----------
    results : Results
        Scores of every model that has run.
    pool : Pool

    Attributes
    ----------
    boards : list of Standings
        Those with a score.
    absent : list of str
        Models that are ranked on some of the boards only.
    """

    def __init__(self, results: Results, pool: Pool) -> None:
        every = (Standings(results, board) for board in pool.boards)
        self.boards = [board for board in every if board.ranked]
        ranked = {model for board in self.boards for model in board.ranked}
        everywhere = set(ranked).intersection(*(board.ranked for board in self.boards))
        shared = [m for m in results.models if m in everywhere]
        self.absent = [m for m in results.models if m in ranked - everywhere]
        frames = [board.errors[shared] for board in self.boards]
        keys = [board.board.name for board in self.boards]
        errors = pd.concat(frames, keys=keys) if frames else pd.DataFrame(columns=shared)
        super().__init__(errors, results.models)

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of the boards."""
        frames = [board.on_board(board.results.metrics) for board in self.boards]
        return pd.concat(frames) if frames else pd.DataFrame()

    def on(self, board: Standings) -> Ranks:
        """The same models on the datasets of one board."""
        return Ranks(board.errors[list(self.errors.columns)], self.specs)

    def compare(self, model: str, other: str) -> tuple[int, int, int]:
        """Datasets that `model` wins, neither, and loses by the corrected resampled t-test."""
        found = [board.compare(model, other) for board in self.boards]
        wins, ties, losses = (sum(counts) for counts in zip(*found, strict=True))
        return wins, ties, losses


def build(results: Results, pool: Pool) -> Table:
    """One row a model, best mean rank over all datasets first."""
    overall = Overall(results, pool)
    parts = [overall.on(board) for board in overall.boards]
    heads = [f"{b.board.title.split(',')[0]} ({len(b.datasets)})" for b in overall.boards]
    rows, records = [], []
    for model in overall.ranked:
        first = model == overall.best
        wins, ties, losses = (0, 0, 0) if first else overall.compare(overall.best, model)
        ranks, leads = [part.ranks[model] for part in parts], model in overall.leaders
        rows.append(
            [
                Text(overall.label(model), leads),
                Text(rank_text(overall.ranks[model]), leads),
                *(Text(rank_text(part.ranks[model]), model in part.leaders) for part in parts),
                Text("–" if first else f"{wins} / {ties} / {losses}"),
                Text(p_text(overall.p(model))),
            ]
        )
        record = {"model": model, "mean_rank": overall.ranks[model]}
        record |= {b.board.name: rank for b, rank in zip(overall.boards, ranks, strict=True)}
        record |= {"first_wins": wins, "ties": ties, "first_loses": losses}
        records.append(record | {"p_default": overall.p(model)})
    header = [
        "Model",
        f"mean rank ({len(overall.errors)} datasets)",
        *heads,
        "first wins / ties / loses",
        PAIRS,
    ]
    notes = [
        *words.summary(overall),
        *words.tests(overall),
        "Mean ranks of mean scores (RMSE, or AUROC for two classes) over the datasets of these "
        "boards, and over each board's alone among the same models; the best is in bold. A model "
        "without a score on a dataset ranks last there. The confirmation's datasets are not in "
        "it: on them nothing was looked at while the default was made, on these much was.",
        words.WINS,
    ]
    if overall.absent:
        names = ", ".join(overall.label(model) for model in overall.absent)
        notes.append(f"Not in it, since they have not run on every board: {names}.")
    notes += published.note(overall.scores, {m: results.models[m] for m in overall.ranked})
    return Table(f"Leaderboard. {pool.title}", header, rows, pd.DataFrame(records), notes)


def line(results: Results, pool: Pool) -> Table:
    """The ranking in one line."""
    return standing.line(Overall(results, pool), pool.title)


def draw(results: Results, pool: Pool) -> Figure:
    """The critical-difference diagram over all datasets."""
    return diagram(Overall(results, pool), f"{pool.title}: mean rank")


TABLES = {"ranking": build, "standing": line}
FIGURES = {"critical": draw}
