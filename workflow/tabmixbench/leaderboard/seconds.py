"""Accuracy against time: how far from the best, and what a fit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranking import fit_seconds
from tabmixbench.leaderboard.style import COLOURS, LEGEND, kind, message
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
        mine = np.array([kind(standings, name) == group for name in names])
        if mine.any():
            marker = {"ours": "o", "trees": "^", "mixed": "s", "other": "D"}[group]
            axis.scatter(
                x[mine], y[mine], s=45, color=COLOURS[group], marker=marker, label=LEGEND[group]
            )
    for name, seconds, height in zip(names, x, label_heights(x, y), strict=True):
        axis.annotate(
            standings.label(name),
            (seconds, standings.ranks[name]),
            xytext=(seconds * 1.13, height),
            va="center",
            fontsize=8,
        )
    axis.set(
        xscale="log",
        xlim=(x.min() / 1.6, x.max() * 9),
        ylim=(y.max() + 0.7, min(y.min(), 1.0) - 0.5),
        title=title,
        xlabel="median seconds of a fit over the datasets (logarithmic)",
        ylabel=f"mean rank by {board.metric} (up is better)",
    )
    axis.legend(loc="lower right", frameon=True, fontsize=8)
    return figure


def label_heights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Heights of the labels of points (n,), moved apart where neighbours would overlap."""
    heights = y.astype(float).copy()
    gap = 0.035 * max(float(np.ptp(y)), 1.0)
    order = np.argsort(heights)
    for i, this in enumerate(order[1:], start=1):
        for other in order[:i]:
            near = abs(np.log10(x[this] / x[other])) < 0.8
            if near and heights[this] - heights[other] < gap:
                heights[this] = heights[other] + gap
    return heights
