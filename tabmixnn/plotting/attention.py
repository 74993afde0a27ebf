"""Which variables attend to which (eq. 21 of the paper)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tabmixnn.plotting.canvas import get_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TICKS = 24


def plot_attention(weights: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw attention weights as a heat map.

    Parameters
    ----------
    weights : DataFrame, shape (d, d)
        How much the row's variable attends to the column's; rows sum to 1.
    ax : Axes, optional

    Returns
    -------
    Axes
        With a colour bar beside it.
    """
    ax = get_axes(ax, (5.6, 4.8))
    image = ax.imshow(weights.to_numpy(), cmap="viridis", vmin=0.0, aspect="equal")
    step = -(-len(weights) // MOST_TICKS)
    ticks = range(0, len(weights), step)
    size = 9 if len(weights) <= 12 else 7
    ax.set_xticks(ticks, [plain(weights.columns[k]) for k in ticks], rotation=90, fontsize=size)
    ax.set_yticks(ticks, [plain(weights.index[k]) for k in ticks], fontsize=size)
    ax.set(xlabel="attended to", ylabel="attending")
    ax.figure.colorbar(image, ax=ax, label="attention weight", shrink=0.85)
    return ax
