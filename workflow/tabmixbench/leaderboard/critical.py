"""The critical-difference diagram: mean ranks on a line, bars over what chance can explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.ranks import Ranks
from tabmixbench.leaderboard.style import colour, message
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Between the names of two models, one below the other.
STEP = 0.42

#: Inches between the names and the edges: a browser's letters are wider than those laid out here.
MARGIN = 0.15


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
    ranks = [standings.ranks[name] for name in standings.ranked]
    cliques = bars(ranks, test.critical_difference)
    # From the line of ranks down to the names, and on to the last of them.
    top = 0.9 + 0.35 * len(cliques)
    height = top + STEP * ((len(ranks) + 1) // 2)
    figure, axis = plt.subplots(figsize=(9, 1.3 + 0.62 * height))
    figure.set_layout_engine("constrained", w_pad=MARGIN)
    margin = 0.42 * (len(ranks) - 1)
    axis.set(xlim=(1 - margin, len(ranks) + margin), ylim=(height, -1.3))
    axis.axis("off")
    _draw_scale(axis, len(ranks), test.critical_difference)
    _draw_cliques(axis, ranks, cliques)
    _draw_models(axis, standings, top, 0.05 * margin)
    axis.set_title(f"{title}, {test.datasets} datasets (left is better)", fontsize=11)
    return figure


def _draw_scale(axis: Axes, high: int, critical_difference: float) -> None:
    """The line of ranks from 1 on, and above it the length of a critical difference."""
    axis.plot([1, high], [0, 0], color="0.2", linewidth=1)
    for tick in range(1, high + 1):
        axis.plot([tick, tick], [-0.12, 0], color="0.2", linewidth=1)
        axis.text(tick, -0.22, str(tick), ha="center", va="bottom", fontsize=9)
    axis.plot([1, 1 + critical_difference], [-0.95, -0.95], color="0.2", linewidth=2)
    axis.text(
        1 + critical_difference / 2,
        -1.02,
        f"critical difference {critical_difference:.2f}",
        ha="center",
        va="bottom",
        fontsize=9,
    )


def _draw_cliques(axis: Axes, ranks: list[float], cliques: list[tuple[int, int]]) -> None:
    for i, (first, last) in enumerate(cliques):
        y = 0.35 + 0.35 * i
        axis.plot(
            [ranks[first] - 0.04, ranks[last] + 0.04],
            [y, y],
            color="0.45",
            linewidth=3.5,
            solid_capstyle="round",
        )


def _draw_models(axis: Axes, standings: Ranks, top: float, overhang: float) -> None:
    """A line from each rank down to the model's name: the better half on the left."""
    names = standings.ranked
    left = (len(names) + 1) // 2
    for i, name in enumerate(names):
        rank, on_left = standings.ranks[name], i < left
        y = top + STEP * (i if on_left else len(names) - 1 - i)
        edge = 1 - overhang if on_left else len(names) + overhang
        own = colour(standings.specs[name])
        axis.plot([rank, rank, edge], [0, y, y], color=own, linewidth=1)
        axis.plot([rank], [0], marker="o", color=own, markersize=4)
        label = standings.label(name)
        axis.text(
            edge,
            y,
            f"{label}  {rank:.2f} " if on_left else f" {rank:.2f}  {label}",
            ha="right" if on_left else "left",
            va="center",
            fontsize=9,
            color=own,
            fontweight="bold" if standings.is_ours(name) else "normal",
        )


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
