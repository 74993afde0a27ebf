"""Accuracy against time: how far from the best, and what a fit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranking import fit_seconds
from tabmixbench.leaderboard.style import COLOURS, LEGEND, message
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: Of a label, over the width and the height of the axes.
LETTER, LINE = 0.0095, 0.033


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
    left, right = x.min() / 1.6, x.max() * 9
    bottom, top = y.max() + 0.7, min(y.min(), 1.0) - 0.5
    letters = np.array([len(standings.label(name)) for name in names])
    width = LETTER * letters * np.log10(right / left)
    heights = label_heights(np.log10(x), y, width, LINE * (bottom - top))
    for name, seconds, height in zip(names, x, heights, strict=True):
        axis.text(seconds * 1.13, height, standings.label(name), va="center", fontsize=8)
    axis.set(
        xscale="log",
        xlim=(left, right),
        ylim=(bottom, top),
        title=title,
        xlabel="median seconds of a fit over the datasets (logarithmic)",
        ylabel=f"mean rank by {board.metric} (up is better)",
    )
    axis.legend(loc="lower right", frameon=True, fontsize=8)
    return figure


def label_heights(x: np.ndarray, y: np.ndarray, width: np.ndarray, gap: float) -> np.ndarray:
    """Heights of the labels of points (n,), each as near its point as there is room.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        The points; labels begin to their right.
    width : ndarray of shape (n,)
        Of the labels, in units of `x`.
    gap : float
        Height of a line, in units of `y`: labels keep that distance from each other, and half of
        it from the points of others.
    """
    heights = np.full(len(y), np.nan)
    steps = sorted(range(-4 * len(y), 4 * len(y) + 1), key=abs)
    for this in np.argsort(y):
        beside = (x < x[this] + width[this]) & (x[this] < x + width)
        under = (x > x[this]) & (x < x[this] + width[this])
        for step in steps:
            height = y[this] + step * gap / 4
            free = not (np.abs(heights[beside] - height) < gap).any()
            if free and not (np.abs(y[under] - height) < gap / 2).any():
                heights[this] = height
                break
    return heights
