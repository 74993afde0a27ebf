"""Random effects of all levels, in order, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.option_checks import share
from tabmixnn.plotting.canvas import (
    BLUE,
    GREY,
    LIGHT,
    MOST_LABELS,
    get_axes,
    plain,
    row_labels,
    rows_height,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_caterpillar(
    effects: pd.Series,
    errors: pd.Series | None = None,
    *,
    level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw the effect of every level, the largest on top.

    Parameters
    ----------
    effects : Series, length G
        By level; its name is the label of the axis.
    errors : Series, length G, optional
        Their standard deviations given the data.
    level : float
        Coverage of the normal intervals. Effects whose interval has zero in it are grey.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    effects = effects.sort_values()
    ax = get_axes(ax, (5.0, rows_height(len(effects))))
    rows, crowded = np.arange(len(effects)), len(effects) > MOST_LABELS
    ax.axvline(0.0, color=LIGHT, linewidth=1.0, zorder=0)
    if errors is None:
        colours = [BLUE] * len(effects)
    else:
        share("level", level)
        half = stats.norm.ppf(0.5 + level / 2) * errors[effects.index].to_numpy()
        colours = [BLUE if away else GREY for away in np.abs(effects.to_numpy()) > half]
        ends = effects - half, effects + half
        ax.hlines(rows, *ends, colors=colours, linewidth=0.6 if crowded else 1.6)
    ax.scatter(effects, rows, c=colours, s=5 if crowded else 22, zorder=3)
    row_labels(ax, effects.index)
    ax.set(xlabel=plain(effects.name or "effect"), ylabel=plain(effects.index.name or ""))
    ax.set_ylim(-0.8, len(effects) - 0.2)
    return tidy(ax)
