"""Shapley values of all rows: a line of dots for every player."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.plotting.canvas import GREY, LIGHT, get_axes, row_labels, rows_height, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tabmixnn.interpret.shapley import Explanation

BINS = 60
HALF_WIDTH = 0.38


def plot_shap_summary(
    explanation: Explanation,
    *,
    output: str | None = None,
    max_players: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw every row's Shapley values, the most important player on top.

    Parameters
    ----------
    explanation : Explanation
    output : str, optional
        Needed if there are several.
    max_players : int
        If there are more, the least important ones are left out, and the title says so.
    ax : Axes, optional

    Returns
    -------
    Axes
        Dots spread where many rows have similar values. Those of numeric features are coloured
        by the feature's value, from dark (low) to light (high); others are grey.
    """
    values = explanation.frame(output)
    order = values.abs().mean().sort_values(ascending=False, kind="stable").index
    shown = list(order[:max_players])[::-1]
    ax = get_axes(ax, (6.4, rows_height(2 * len(shown))))
    ax.axvline(0.0, color=LIGHT, linewidth=1.0, zorder=0)
    span = np.ptp(values[shown].to_numpy()) or 1.0
    size = float(np.clip(6000.0 / max(len(values), 1), 6.0, 24.0))
    dots = None
    for row, name in enumerate(shown):
        phi = values[name].to_numpy()
        height = row + HALF_WIDTH * swarm(phi, span / BINS)
        column = explanation.columns.get(name)
        if column is None or not pd.api.types.is_numeric_dtype(column):
            ax.scatter(phi, height, s=size, color=GREY, alpha=0.7, edgecolors="none")
            continue
        rank = column.rank(pct=True).to_numpy()
        dots = ax.scatter(
            phi, height, s=size, c=rank, cmap="viridis", vmin=0, vmax=1, edgecolors="none"
        )
    row_labels(ax, shown)
    ax.set_ylim(-0.7, len(shown) - 0.3)
    ax.set_xlabel(f"SHAP value ({explanation.kind} scale)")
    if dots is not None:
        bar = ax.figure.colorbar(dots, ax=ax, ticks=[0, 1], shrink=0.8, aspect=30)
        bar.set_ticklabels(["low", "high"])
        bar.set_label("value of the feature", labelpad=-14)
        bar.outline.set_visible(False)
    if len(order) > len(shown):
        ax.set_title(f"the {len(shown)} most important of {len(order)}", fontsize=10)
    return tidy(ax)


def swarm(values: np.ndarray, width: float) -> np.ndarray:
    """Return offsets from -1 to 1 that spread values within `width` of each other."""
    bins = np.round((values - values.min()) / width).astype(np.int64)
    counts = np.bincount(bins)
    out = np.zeros(len(values))
    for number in np.flatnonzero(counts > 1):
        own = np.flatnonzero(bins == number)
        reach = counts[number] / counts.max()
        out[own] = np.linspace(-reach, reach, len(own))
    return out
