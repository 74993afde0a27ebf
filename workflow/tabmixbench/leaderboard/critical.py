"""The critical-difference diagram: mean ranks on a line, bars over what chance can explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranks import Ranks
from tabmixbench.leaderboard.style import colour, message
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(results: Results, board: Board) -> Figure:
    """The diagram of one board."""
    return diagram(Standings(results, board), f"{board.title}: mean rank by {board.metric}")


def diagram(standings: Ranks, title: str) -> Figure:
    """Models by mean rank, best on the left; a bar joins models within a critical difference."""
    import matplotlib.pyplot as plt

    themed()
    test = standings.test
    if test is None:
        return message(title, "fewer than three models or two datasets have run")
    names, ranks = standings.ranked, standings.ranks
    left = (len(names) + 1) // 2
    cliques = bars([ranks[name] for name in names], test.critical_difference)
    top = 0.9 + 0.35 * len(cliques)
    height = top + 0.42 * left
    figure, axis = plt.subplots(figsize=(9, 1.3 + 0.62 * height), layout="constrained")
    low, high = 1, len(names)
    margin = 0.42 * (high - low)
    axis.set(xlim=(low - margin, high + margin), ylim=(height, -1.3))
    axis.axis("off")
    axis.plot([low, high], [0, 0], color="0.2", linewidth=1)
    for tick in range(low, high + 1):
        axis.plot([tick, tick], [-0.12, 0], color="0.2", linewidth=1)
        axis.text(tick, -0.22, str(tick), ha="center", va="bottom", fontsize=9)
    axis.plot([low, low + test.critical_difference], [-0.95, -0.95], color="0.2", linewidth=2)
    axis.text(
        low + test.critical_difference / 2,
        -1.02,
        f"critical difference {test.critical_difference:.2f}",
        ha="center",
        va="bottom",
        fontsize=9,
    )
    for i, (first, last) in enumerate(cliques):
        y = 0.35 + 0.35 * i
        axis.plot(
            [ranks[names[first]] - 0.04, ranks[names[last]] + 0.04],
            [y, y],
            color="0.45",
            linewidth=3.5,
            solid_capstyle="round",
        )
    for i, name in enumerate(names):
        on_left = i < left
        y = top + 0.42 * (i if on_left else len(names) - 1 - i)
        edge = low - 0.05 * margin if on_left else high + 0.05 * margin
        own = colour(standings, name)
        axis.plot([ranks[name], ranks[name], edge], [0, y, y], color=own, linewidth=1)
        axis.plot([ranks[name]], [0], marker="o", color=own, markersize=4)
        text = f"{standings.label(name)}  {ranks[name]:.2f}"
        if not on_left:
            text = f"{ranks[name]:.2f}  {standings.label(name)}"
        axis.text(
            edge,
            y,
            f"{text} " if on_left else f" {text}",
            ha="right" if on_left else "left",
            va="center",
            fontsize=9,
            color=own,
            fontweight="bold" if standings.is_ours(name) else "normal",
        )
    axis.set_title(f"{title}, {test.datasets} datasets (left is better)", fontsize=11)
    return figure


def bars(ranks: list[float], critical_difference: float) -> list[tuple[int, int]]:
    """Longest runs of sorted mean ranks that lie within one critical difference.

    Parameters
    ----------
    ranks : list of float
        Ascending.
    critical_difference : float
        Of two mean ranks.

    Returns
    -------
    list of (int, int)
        First and last position of each run of two or more; none inside another.
    """
    found: list[tuple[int, int]] = []
    for first, rank in enumerate(ranks):
        last = max(j for j, other in enumerate(ranks) if other - rank <= critical_difference)
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return found
