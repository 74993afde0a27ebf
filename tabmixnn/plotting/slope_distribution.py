"""How the slopes of levels are distributed (Figure 2, right)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.plotting.canvas import BLUE, ORANGE, RED, get_axes, plain, tidy
from tabmixnn.plotting.ranked_slopes import known

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_slope_distribution(slopes: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw a histogram of slopes with their mean and median.

    Parameters
    ----------
    slopes : Series
        By level, as the column ``slope`` of `Explanation.slopes`. Levels without one (NaN), such
        as those of a single row, are not counted.
    ax : Axes, optional

    Returns
    -------
    Axes
        Every slope is also a tick at the foot of the bars.

    Raises
    ------
    ValueError
        If no level has a slope.
    """
    values = known(slopes).to_numpy(dtype=np.float64)
    ax = get_axes(ax)
    ax.hist(values, bins="auto" if len(values) > 40 else 8, color=BLUE, alpha=0.75, rwidth=0.94)
    low = ax.get_xaxis_transform()
    ax.plot(values, np.full(len(values), 0.025), "|", color="0.1", markersize=9, transform=low)
    for name, value, colour, style in (
        ("mean", values.mean(), RED, "-"),
        ("median", np.median(values), ORANGE, "--"),
    ):
        label = f"{name} {value:.4g}"
        ax.axvline(value, color=colour, linestyle=style, linewidth=2.2, label=label)
    ax.yaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel(plain(slopes.name or "slope"))
    ax.set_ylabel(f"number of levels ({len(values)} in all)")
    ax.legend(frameon=False)
    return tidy(ax)
