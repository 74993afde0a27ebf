"""One ranking over the datasets of several boards: mean ranks do not mind what the score is.

Datasets that are kept to confirm what the others show are not among them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from tabmixbench.leaderboard import published, standing, words
from tabmixbench.leaderboard.board import BOARDS, CONFIRMATION, Board, Standings
from tabmixbench.leaderboard.critical import diagram
from tabmixbench.leaderboard.ranks import PAIRS, Ranks, rank_text
from tabmixbench.leaderboard.roles import FLOOR
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

    A model is in it that is ranked on every one of these boards. Datasets of the same data are one:
    the first of the registry counts, since tests take datasets for independent.

    Parameters
    ----------
    results : Results
        Scores of every model that has run.
    pool : Pool

    Attributes
    ----------
    boards : list of Standings
        Those with a score.
    datasets : dict of str to list of str
        Those that count, by the name of the board.
    repeated : dict of str to str
        Dataset that does not count -> the one whose data it has.
    absent : list of str
        Models that have run, but are not ranked on every board.
    """

    def __init__(self, results: Results, pool: Pool) -> None:
        every = (Standings(results, board) for board in pool.boards)
        self.boards = [board for board in every if board.ranked]
        self.repeated = _repeated(results, [d for board in self.boards for d in board.datasets])
        self.datasets = {
            board.board.name: [d for d in board.datasets if d not in self.repeated]
            for board in self.boards
        }
        ran = {model for board in self.boards for model in (*board.ranked, *board.absent)}
        everywhere = ran.intersection(*(board.ranked for board in self.boards))
        shared = [m for m in results.models if m in everywhere]
        absent = [m for m in results.models if m in ran - everywhere and m != FLOOR]
        frames = [b.errors.loc[self.datasets[b.board.name], shared] for b in self.boards]
        errors = pd.concat(frames, keys=self.datasets) if frames else pd.DataFrame(columns=shared)
        super().__init__(errors, results.models, absent)

    @property
    def scores(self) -> pd.DataFrame:
        """The scores of the boards."""
        frames = [board.on_board(board.results.metrics) for board in self.boards]
        return pd.concat(frames) if frames else pd.DataFrame()

    def on(self, board: Standings) -> Ranks:
        """The same models on the datasets of one board that count."""
        datasets = self.datasets[board.board.name]
        return Ranks(board.errors.loc[datasets, list(self.errors.columns)], self.specs)

    def best_place(self, model: str) -> str:
        """Where among the boards a model has its best place; empty where it is on none."""
        places = [
            (board.ranked.index(model) + 1, len(board.ranked), board.board.title)
            for board in self.boards
            if model in board.ranked
        ]
        return "place {} of {} on {}".format(*min(places)) if places else ""

    @property
    def not_in(self) -> list[str]:
        """The models that are not in it, each with its best place on a board."""
        where = {model: self.best_place(model) for model in self.absent}
        return [self.label(m) + (f" ({place})" if place else "") for m, place in where.items()]

    def compare(self, model: str, other: str) -> tuple[int, int, int]:
        """Datasets that `model` wins, neither, and loses by the corrected resampled t-test."""
        found = [b.compare(model, other, self.datasets[b.board.name]) for b in self.boards]
        wins, ties, losses = (sum(counts) for counts in zip(*found, strict=True))
        return wins, ties, losses


def _repeated(results: Results, datasets: Iterable[str]) -> dict[str, str]:
    """Of datasets those whose data another, further up in the registry, has too, and which."""
    ran, first = set(datasets), {}
    for name in results.registry:
        if name in ran:
            first.setdefault(results.registry[name].data_of, name)
    stands = {name: first[results.registry[name].data_of] for name in datasets}
    return {name: other for name, other in stands.items() if other != name}


def build(results: Results, pool: Pool) -> Table:
    """One row a model, best mean rank over all datasets first."""
    overall = Overall(results, pool)
    parts = [overall.on(board) for board in overall.boards]
    heads = [
        f"{b.board.title.split(',')[0]} ({len(overall.datasets[b.board.name])})"
        for b in overall.boards
    ]
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
    notes = words.summary(overall)
    if overall.absent:
        notes.append(
            "Not in it, since they are not ranked on every one of these boards: "
            f"{'; '.join(overall.not_in)}."
        )
    notes += published.note(overall.scores, {m: results.models[m] for m in overall.ranked})
    rules = [
        *words.tests(overall),
        "Mean ranks of mean scores (RMSE, or AUROC for two classes) over the datasets of these "
        "boards, and over each board's alone among the same models; the best is in bold. A model "
        "that has no score on a dataset, for a reason that stands under the dataset's board, ranks "
        "last there. The confirmation's datasets are not in it.",
        *_counted_once(overall, results),
        words.WINS,
    ]
    return Table(f"Leaderboard. {pool.title}", header, rows, pd.DataFrame(records), notes, rules)


def _counted_once(overall: Overall, results: Results) -> list[str]:
    """Which datasets are left out since another has the same data."""
    if not overall.repeated:
        return []
    titles = {name: dataset.title for name, dataset in results.registry.items()}
    listed = ", ".join(f"{titles[name]} ({titles[of]})" for name, of in overall.repeated.items())
    return [
        "Datasets of the same data, with another target or another choice of rows, are counted "
        f"once, by the first of config/datasets.yaml. Left out (counted): {listed}."
    ]


def line(results: Results, pool: Pool) -> Table:
    """The ranking in one line."""
    overall = Overall(results, pool)
    return standing.line(overall, pool.title, absent="; ".join(overall.not_in))


def draw(results: Results, pool: Pool) -> Figure:
    """The critical-difference diagram over all datasets."""
    return diagram(Overall(results, pool), f"{pool.title}: mean rank")


TABLES = {"ranking": build, "standing": line}
FIGURES = {"critical": draw}
