"""Shares of the outcome's variance (eqs. 55-57 of the paper)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tabmixnn.plotting.canvas import GREY, SERIES, get_axes, row_labels, rows_height, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_variance(components: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """Draw a bar for every component of variance, with its share of the total.

    Parameters
    ----------
    components : mapping of str to float
        Variances by what they are due to; the last, the residual variance, is grey.
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    ax = get_axes(ax, (5.5, rows_height(2 * len(components))))
    total = sum(components.values())
    names, values = list(components), list(components.values())
    colours = [SERIES[k % len(SERIES)] for k in range(len(names) - 1)] + [GREY]
    shares = [100.0 * value / total for value in values]
    bars = ax.barh(range(len(names)), shares, color=colours, height=0.65)
    row_labels(ax, names)
    ax.bar_label(bars, [f"{share:.1f}%" for share in shares], padding=4)
    ax.invert_yaxis()
    ax.set_xlim(0.0, 1.18 * max(shares))
    ax.set_xlabel("share of the variance in percent")
    return tidy(ax)
