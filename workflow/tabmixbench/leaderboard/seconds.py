"""Accuracy against time: how far from the best, and what a fit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.labels import annotate
from tabmixbench.leaderboard.ranking import fit_seconds
from tabmixbench.leaderboard.style import COLOURS, LEGEND, message
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(results: Results, board: Board) -> Figure:
    """One labelled point a model: median seconds a fit against mean rank."""
    import matplotlib.pyplot as plt

    themed()
    standings = Standings(results, board)
    title = f"{board.title}: accuracy against time"
    names = standings.ranked
    if len(names) < 2:
        return message(title, "fewer than two models have run")
    figure, axis = plt.subplots(figsize=(8, 5.2), layout="constrained")
    x = np.array([fit_seconds(standings, name).median() for name in names])
    y = np.array([standings.ranks[name] for name in names])
    for group in COLOURS:
        mine = np.array([standings.specs[name].kind == group for name in names])
        if mine.any():
            marker = {"ours": "o", "trees": "^", "mixed": "s", "other": "D"}[group]
            axis.scatter(
                x[mine], y[mine], s=45, color=COLOURS[group], marker=marker, label=LEGEND[group]
            )
    axis.set(
        xscale="log",
        xlim=(x.min() / 3, x.max() * 3),
        ylim=(y.max() + 0.7, min(y.min(), 1.0) - 0.5),
        title=title,
        xlabel="median seconds of a fit over the datasets (logarithmic)",
        ylabel=f"mean rank by {board.metric} (up is better)",
    )
    figure.legend(loc="outside lower center", ncols=len(COLOURS), frameon=False, fontsize=8)
    annotate(axis, np.column_stack([x, y]), [standings.label(name) for name in names])
    return figure
