"""A directed graph, causes to the left of their effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.plotting.canvas import BLUE, RED, get_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SWEEPS = 8
"""How often columns are put in order by their neighbours."""


def plot_dag(
    effects: pd.DataFrame,
    *,
    threshold: float = 0.0,
    max_edges: int = 60,
    isolated: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a graph: arrows from causes to effects, blue if positive, red if negative.

    Parameters
    ----------
    effects : DataFrame, shape (d, d)
        Effect of the column's variable on the row's, as `learn_dag`, `get_structure_matrix` and
        `get_output_structure` give them.
    threshold : float
        Effects of at most this size are no edges.
    max_edges : int
        If there are more edges, the strongest that many are drawn, and the title says so.
    isolated : bool
        Whether to draw variables without edges.
    ax : Axes, optional

    Returns
    -------
    Axes
        Wider arrows are stronger; sizes are printed beside them if there are at most 15.

    Raises
    ------
    TypeError
        If `effects` is no DataFrame.
    ValueError
        If the edges form a cycle, naming variables on it.
    """
    if not isinstance(effects, pd.DataFrame):
        raise TypeError(
            f"effects must be a DataFrame with the variables' names; got {type(effects).__name__}."
        )
    names = [str(name) for name in effects.index]
    weights = effects.to_numpy(dtype=np.float64)
    places = np.argwhere(np.abs(weights) > threshold)
    order = np.argsort(-np.abs(weights[tuple(places.T)]), kind="stable")
    edges = [(int(j), int(i), float(weights[i, j])) for i, j in places[order[:max_edges]]]
    shown = {node for cause, effect, _ in edges for node in (cause, effect)}
    nodes = [k for k in range(len(names)) if isolated or k in shown]
    columns = _columns(nodes, edges, names)
    at = _positions(columns, edges)
    depth, width = len(columns), max((len(column) for column in columns), default=1)
    ax = get_axes(ax, (1.5 + 1.5 * depth, 1.8 + 0.75 * width))
    strongest = max((abs(weight) for *_, weight in edges), default=1.0)
    for cause, effect, weight in edges:
        _draw_edge(ax, at[cause], at[effect], weight, strongest, labelled=len(edges) <= 15)
    for node in nodes:
        x, y = at[node]
        ax.text(
            x,
            y,
            plain(names[node]),
            ha="center",
            va="center",
            zorder=4,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": "0.3"},
        )
    if len(places) > max_edges:
        ax.set_title(f"the strongest {max_edges} of {len(places)} edges", fontsize=10)
    ax.set_xlim(-0.5, depth - 0.5)
    ax.set_ylim(-(width - 1) / 2 - 0.6, (width - 1) / 2 + 0.6)
    ax.axis("off")
    return ax


def _columns(
    nodes: list[int], edges: list[tuple[int, int, float]], names: list[str]
) -> list[list[int]]:
    """Put every node one column to the right of the last of its causes."""
    depth: dict[int, int] = {}
    left = set(nodes)
    while left:
        ready = [
            node
            for node in nodes
            if node in left and all(cause in depth for cause, effect, _ in edges if effect == node)
        ]
        if not ready:
            shown = ", ".join(names[node] for node in sorted(left)[:5])
            raise ValueError(
                f"The edges form a cycle among {shown}; raise threshold, or fit a structure "
                "without cycles."
            )
        for node in ready:
            causes = [depth[cause] for cause, effect, _ in edges if effect == node]
            depth[node] = 1 + max(causes, default=-1)
        left -= set(ready)
    last = max(depth.values(), default=-1)
    return [[node for node in nodes if depth[node] == column] for column in range(last + 1)]


def _positions(
    columns: list[list[int]], edges: list[tuple[int, int, float]]
) -> dict[int, tuple[float, float]]:
    """Order each column by the mean height of its nodes' neighbours, so that few arrows cross."""
    height: dict[int, float] = {}

    def spread(column: list[int]) -> None:
        for k, node in enumerate(column):
            height[node] = (len(column) - 1) / 2 - k

    for column in columns:
        spread(column)
    neighbours: dict[int, list[int]] = {node: [] for column in columns for node in column}
    for cause, effect, _ in edges:
        neighbours[cause].append(effect)
        neighbours[effect].append(cause)

    def wanted(node: int) -> float:
        around = [height[other] for other in neighbours[node]]
        return -float(np.mean(around)) if around else -height[node]

    for _ in range(SWEEPS):
        for column in (*columns, *columns[::-1]):
            column.sort(key=wanted)
            spread(column)
    # A small shift keeps an arrow that passes over a column from running through its nodes.
    return {
        node: (float(x), height[node] + 0.22 * ((x % 3) - 1) * (len(columns) > 2))
        for x, column in enumerate(columns)
        for node in column
    }


def _draw_edge(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    weight: float,
    strongest: float,
    *,
    labelled: bool,
) -> None:
    colour = BLUE if weight > 0 else RED
    bend = 0.0 if end[0] - start[0] <= 1 else 0.25
    ax.annotate(
        "",
        xy=end,
        xytext=start,
        zorder=2,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "linewidth": 0.7 + 2.3 * abs(weight) / strongest,
            "alpha": 0.85,
            "shrinkA": 20,
            "shrinkB": 22,
            "connectionstyle": f"arc3,rad={bend}",
        },
    )
    if labelled:
        from matplotlib.transforms import Affine2D, AffineDeltaTransform, ScaledTranslation

        way = np.subtract(end, start)
        # arc3 bends to the right of the direction as it is drawn, by half of rad at mid-way.
        to_the_right = AffineDeltaTransform(ax.transData) + Affine2D().rotate_deg(-90)
        bent = ScaledTranslation(*(bend / 2 * way), to_the_right)
        ax.text(
            *(start + way / 2),
            f"{weight:.2g}",
            transform=ax.transData + bent,
            fontsize=8,
            color=colour,
            ha="center",
            va="center",
            zorder=3,
            bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none"},
        )
