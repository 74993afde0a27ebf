"""How predictions depend on a column: on average, and for each group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tabmixnn.plotting.canvas import GREY, RED, get_axes, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_dependence(curves: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw partial-dependence curves.

    Parameters
    ----------
    curves : DataFrame, k rows
        By value of the column: ``population``, and further columns, one a level of a group, as
        `tabmixnn.interpret.dependence.dependence_curves` gives them.
    ax : Axes, optional

    Returns
    -------
    Axes
        Groups as thin lines, the population as a thick one; dots if the column has categories.
    """
    ax = get_axes(ax)
    numeric = pd.api.types.is_numeric_dtype(curves.index)
    x = curves.index if numeric else range(len(curves))
    marker = "" if numeric else "o"
    levels = curves.drop(columns="population")
    strength = max(0.25, min(0.9, 12.0 / max(levels.shape[1], 1)))
    for k, name in enumerate(levels):
        label = plain(f"each {levels.columns.name or 'group'}") if k == 0 else "_"
        ax.plot(
            x, levels[name], color=GREY, alpha=strength, linewidth=0.9, marker=marker, label=label
        )
    ax.plot(x, curves["population"], color=RED, linewidth=2.8, marker=marker, label="population")
    if not numeric:
        ax.set_xticks(list(x), [plain(value) for value in curves.index])
    ax.set(xlabel=plain(curves.index.name or ""), ylabel="prediction")
    ax.legend(frameon=False)
    return tidy(ax, grid="both")
