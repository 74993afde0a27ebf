"""A leaderboard: one suite of datasets under one protocol, and the models on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np
import pandas as pd

from tabmixbench.leaderboard.ranks import Ranks
from tabmixbench.metrics import HEADLINE, LARGER_IS_BETTER
from tabmixbench.statistics import LEVEL
from tabmixbench.tables.cell import Cell
from tabmixbench.tables.results import Results

#: The suites of datasets that the paper does not have, and of datasets that nothing was made on.
BEYOND, CONFIRMATION = "beyond", "confirmation"
#: Suites with a target, and files of scores, of their own.
SEPARATE = BEYOND, CONFIRMATION


@dataclass(frozen=True)
class Board:
    """What is ranked on what.

    Attributes
    ----------
    name : str
        Also names the files.
    title : str
        What a reader calls it.
    suite, task, protocol : str
        Suite of datasets, its task, and ``rows`` or ``groups``.
    """

    name: str
    title: str
    suite: str
    task: str
    protocol: str

    @property
    def metric(self) -> str:
        """The score that decides the ranks."""
        return HEADLINE[self.task]

    @property
    def scores(self) -> dict[str, str]:
        """Paths of the scores it is made of, and of why there are none."""
        prefix = f"{self.suite}_" if self.suite in SEPARATE else ""
        return {name: f"results/leaderboard/{prefix}{name}.csv" for name in ("metrics", "reasons")}

    @property
    def larger_is_better(self) -> bool:
        """Whether a larger score is better."""
        return LARGER_IS_BETTER[self.metric]


BOARDS = {
    board.name: board
    for board in (
        Board("regression", "Regression, known groups", "regression", "regression", "rows"),
        Board("classification", "Classification, known groups", "classification", "binary", "rows"),
        Board("regression_groups", "Regression, new groups", "regression", "regression", "groups"),
        Board(
            "classification_groups", "Classification, new groups", "classification", "binary",
            "groups",
        ),
        Board("beyond", "Other regressions, known groups", BEYOND, "regression", "rows"),
        Board("beyond_groups", "Other regressions, new groups", BEYOND, "regression", "groups"),
        Board(
            "beyond_classification", "Other classifications, known groups", BEYOND,
            "binary", "rows",
        ),
        Board(
            "beyond_classification_groups", "Other classifications, new groups", BEYOND,
            "binary", "groups",
        ),
        Board(
            "confirmation", "Confirmation regressions, known groups", CONFIRMATION, "regression",
            "rows",
        ),
        Board(
            "confirmation_groups", "Confirmation regressions, new groups", CONFIRMATION,
            "regression", "groups",
        ),
        Board(
            "confirmation_classification", "Confirmation classifications, known groups",
            CONFIRMATION, "binary", "rows",
        ),
        Board(
            "confirmation_classification_groups", "Confirmation classifications, new groups",
            CONFIRMATION, "binary", "groups",
        ),
    )
}  # fmt: skip


class Standings(Ranks):
    """The scores of a board and what follows from them.

    Parameters
    ----------
    results : Results
        Scores of every model that has run.
    board : Board
        What to rank.

    Attributes
    ----------
    datasets : list of str
        Those with a score on the board, in the registry's order.
    means : dict of (str, str) to float
        Mean score of (dataset, model); NaN where it has none on some split that another has.
    absent : list of str
        Models that are not on the board: splits of theirs have no score, and no record says why.
    """

    def __init__(self, results: Results, board: Board) -> None:
        self.results = results
        self.board = board
        ran = self.on_board(results.metrics)
        datasets, models = set(ran["dataset"]), set(ran["model"])
        self.datasets = [name for name in results.registry if name in datasets]
        scored = [name for name in results.models if name in models]
        absent = [name for name in scored if self.unaccounted(name)]
        present = [name for name in scored if name not in absent]
        self.means = {(d, m): self._mean(d, m) for d in self.datasets for m in present}
        # What an area under the curve lacks to 1 is an error as a distance is.
        means = [[self.means[d, m] for m in present] for d in self.datasets]
        errors = pd.DataFrame(means, index=self.datasets, columns=present, dtype=float)
        errors = 1 - errors if board.larger_is_better else errors
        super().__init__(errors, results.models, absent)

    def unaccounted(self, model: str) -> list[str]:
        """The datasets on which splits of a model have no score and no reason: not yet fitted."""
        return [name for name in self.datasets if not self._is_accounted(name, model)]

    def _is_accounted(self, dataset: str, model: str) -> bool:
        board, cell = self.board, self.cell(dataset, model)
        reasons = self.results.accounted(board.suite, dataset, model, board.protocol)
        return cell.splits + reasons >= cell.total

    def on_board(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of scores or of reasons that belong to the board."""
        board, registry = self.board, self.results.registry
        tasks = frame["dataset"].map({name: entry.task for name, entry in registry.items()})
        return frame[
            (frame["suite"] == board.suite)
            & (frame["protocol"] == board.protocol)
            & (tasks == board.task)
        ]

    def cell(self, dataset: str, model: str, metric: str | None = None) -> Cell:
        """Mean and spread of a score (the board's own by default)."""
        board = self.board
        return self.results.cell(
            board.suite, dataset, model, metric or board.metric, board.protocol
        )

    def _mean(self, dataset: str, model: str) -> float:
        """With every split: on fewer of them a dataset is another."""
        cell = self.cell(dataset, model)
        return cell.mean if cell.is_whole else nan

    def led_by_others(self) -> list[str]:
        """The datasets on which no model of the library has the best mean, and which ones do."""
        registry = self.results.registry
        return [
            f"{registry[name].title} ({', '.join(map(self.label, self.best_on(name)))})"
            for name in self.lost
        ]

    def behind_best(self, dataset: str, model: str) -> float:
        """Distance from the dataset's best mean score, 0 for the best itself.

        Percent of the best for an error, nan where that is 0; points for an area under the curve.
        """
        scores = np.array([self.means[dataset, m] for m in self.models])
        own = self.means[dataset, model]
        if self.board.larger_is_better:
            return float(np.nanmax(scores) - own)
        best = np.nanmin(scores)
        return nan if best == 0 else float(100 * (own / best - 1))

    def compare(
        self, model: str, other: str, datasets: Iterable[str] | None = None
    ) -> tuple[int, int, int]:
        """Datasets that `model` wins, neither, and loses by the corrected resampled t-test.

        A win is a difference with p < 0.05; only datasets on which both have run count, and of the
        board's only `datasets` where they are given.
        """
        wins = ties = losses = 0
        board = self.board
        for dataset in self.datasets if datasets is None else datasets:
            test = self.results.difference(
                board.suite, dataset, model, other, board.metric, board.protocol
            )
            if test is None:
                continue
            gain = test.mean if board.larger_is_better else -test.mean
            if test.p < LEVEL:
                wins, losses = wins + (gain > 0), losses + (gain < 0)
            else:
                ties += 1
        return wins, ties, losses
