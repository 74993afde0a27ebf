"""How predictions depend on a column: on average, and for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.plotting.canvas import GREY, RED, column_labels, get_axes, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_dependence(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw partial-dependence curves.

    Parameters
    ----------
    curves : DataFrame, k rows
        By value of the column: first the population's, then one column a level of a group, as
        `tabmixnn.interpret.dependence.dependence_curves` gives them.
    ax : Axes, optional

    Returns
    -------
    Axes
        Groups as thin lines, the population as a thick one; dots if the column has categories, or
        one value.
    """
    ax = get_axes(ax)
    numeric = pd.api.types.is_numeric_dtype(curves.index)
    x = curves.index if numeric else range(len(curves))
    marker = "" if numeric and len(curves) > 1 else "o"
    # By position: a level can have any name.
    population, *levels = curves.to_numpy(dtype=np.float64).T
    strength = max(0.25, min(0.9, 12.0 / max(len(levels), 1)))
    for k, values in enumerate(levels):
        label = plain(f"each {curves.columns.name or 'group'}") if k == 0 else "_"
        ax.plot(x, values, color=GREY, alpha=strength, linewidth=0.9, marker=marker, label=label)
    ax.plot(x, population, color=RED, linewidth=2.8, marker=marker, label="population")
    if not numeric:
        column_labels(ax, curves.index)
    ax.set(xlabel=plain(curves.index.name or ""), ylabel="prediction")
    ax.legend(frameon=False)
    return tidy(ax, grid="both")
