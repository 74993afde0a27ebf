"""The slope of every level, in order (Figure 2, left)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.plotting.canvas import colours, get_axes, plain, row_labels, rows_height, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_ranked_slopes(slopes: pd.Series, *, ax: Axes | None = None) -> Axes:
    """Draw a bar for every slope, the largest on top, coloured by its size.

    Parameters
    ----------
    slopes : Series
        By level, as the column ``slope`` of `Explanation.slopes`. Levels without one (NaN), such
        as those of a single row, are left out.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If no level has a slope.
    """
    slopes = known(slopes).sort_values()
    ax = get_axes(ax, (5.0, rows_height(len(slopes))))
    span = max(float(np.ptp(slopes)), 1e-300)
    # The lightest yellow of the map cannot be seen on white.
    shades = colours("cividis", 0.92 * (slopes - slopes.min()) / span)
    ax.barh(range(len(slopes)), slopes, color=shades, height=0.78)
    row_labels(ax, slopes.index)
    ax.axvline(0.0, color="0.3", linewidth=1.0)
    ax.set(xlabel=plain(slopes.name or "slope"), ylabel=plain(slopes.index.name or ""))
    ax.set_ylim(-0.6, len(slopes) - 0.4)
    return tidy(ax)


def known(slopes: pd.Series) -> pd.Series:
    """Return the slopes of the levels that have one.

    Raises
    ------
    ValueError
        If none has.
    """
    found = slopes.dropna()
    if found.empty:
        raise ValueError("No level has a slope; it takes rows with different values of the column.")
    return found
