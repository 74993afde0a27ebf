"""Shapley values of a column against the column, for one level of a group (Figure 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tabmixnn.plotting.canvas import BLUE, LIGHT, RED, get_axes, plain, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tabmixnn.interpret.shapley import Explanation

MOST_NAMED = 10
"""Levels that an error names."""


def plot_shap_line(
    explanation: Explanation,
    column: str,
    group: str,
    level: Any,
    *,
    output: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what a column adds to the predictions of a level's rows, and the line through it.

    Parameters
    ----------
    explanation : Explanation
        With ``random_effects="terms"``, for the level's own slope to be in it.
    column, group : str
    level : str
        Or what reads like it, such as the number of a numbered level.
    output : str, optional
        Needed if there are several.
    ax : Axes, optional

    Returns
    -------
    Axes
        Titled by the level and the line's slope.

    Raises
    ------
    ValueError
        If no row has the level.
    """
    slopes = explanation.slopes(column, group, output)
    level = str(level)
    if level not in slopes.index:
        shown = ", ".join(map(repr, slopes.index[:MOST_NAMED]))
        more = ", ..." if len(slopes) > MOST_NAMED else ""
        raise ValueError(f"level must be one of {group}'s, {shown}{more}; got {level!r}.")
    line, own = slopes.loc[level], explanation.levels[group] == level
    ax = get_axes(ax, (3.4, 2.8))
    x = explanation.columns[column].to_numpy(dtype=np.float64)[own]
    ends = np.array([x.min(), x.max()])
    ax.axhline(0.0, color=LIGHT, linewidth=1.0, zorder=0)
    ax.plot(ends, line["intercept"] + line["slope"] * ends, color=RED, linewidth=1.8)
    ax.scatter(x, explanation.of_column(column, output)[own], s=26, color=BLUE, zorder=3)
    ax.set(xlabel=plain(column), ylabel=plain(f"SHAP value of {column}"))
    slope = "no slope" if np.isnan(line["slope"]) else f"slope {line['slope']:.3g}"
    ax.set_title(plain(f"{group} {level}: {slope}"), fontsize=11)
    return tidy(ax)
