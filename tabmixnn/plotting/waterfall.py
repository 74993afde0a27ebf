"""One row's prediction, step by step from the base value (Figure 3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixnn.option_checks import whole
from tabmixnn.plotting.canvas import (
    BLUE,
    MOST_LABELS,
    RED,
    get_axes,
    plain,
    row_labels,
    rows_height,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tabmixnn.interpret.shapley import Explanation


def plot_waterfall(
    explanation: Explanation,
    row: int = 0,
    *,
    output: str | None = None,
    digits: int | None = None,
    max_players: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a prediction comes about: bars from the base value to the prediction.

    Parameters
    ----------
    explanation : Explanation
    row : int
        Position of the row.
    output : str, optional
        Needed if there are several.
    digits : int, optional
        Digits after the point; by default as many as the range of the bars calls for.
    max_players : int
        Bars: if there are more players, the last bar is that of the least important together.
    ax : Axes, optional

    Returns
    -------
    Axes
        Bars to the right, in red, raise the prediction; bars to the left, in blue, lower it. A
        feature's label has its value.
    """
    position = explanation.output(output)
    labels, phi = _bars(explanation, row, position, whole("max_players", max_players, at_least=1))
    base, prediction = explanation.base[position], explanation.prediction[row, position]
    ax = get_axes(ax, (5.8, rows_height(min(2 * (len(phi) + 1), MOST_LABELS))))
    start = base
    ends = [base, prediction]
    for k, value in enumerate(phi):
        end = start + value
        colour = RED if value >= 0 else BLUE
        ax.barh(k, value, left=start, color=colour, height=0.6, zorder=2)
        ax.plot([end, end], [k - 0.3, k + 1.3], color="0.6", linewidth=0.8, zorder=1)
        ends.append(end)
        start = end
    span = max(ends) - min(ends) or 1.0
    if digits is None:
        digits = max(0, 3 - math.floor(math.log10(span)))
    for k, (value, end) in enumerate(zip(phi, ends[2:], strict=True)):
        # Beside the end that the bar moves to, where no other bar of the row is.
        _beside(ax, end, k, f"{value:+.{digits}f}", 1 if value >= 0 else -1)
    ax.axvline(base, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    ax.plot(prediction, len(phi), "D", color="0.15", markersize=6, zorder=3)
    _beside(ax, prediction, len(phi), f"{prediction:.{digits}f}", 2)
    row_labels(ax, [*labels, "prediction"])
    ax.set_ylim(len(phi) + 0.6, -0.6)
    ax.set_xlim(min(ends) - 0.2 * span, max(ends) + 0.2 * span)
    output = explanation.outputs[position]
    ax.set_xlabel(plain(f"{output} ({explanation.kind} scale); base {base:.4g}"))
    return tidy(ax)


def _bars(
    explanation: Explanation, row: int, position: int, most: int
) -> tuple[list[str], np.ndarray]:
    """Return the labels and the lengths of the bars, of at most so many."""
    labels = [_label(explanation, row, name) for name in explanation.labels]
    phi = explanation.values[row, :, position]
    if len(phi) <= most:
        return labels, phi
    order = np.argsort(-np.abs(phi), kind="stable")
    shown, rest = np.sort(order[: most - 1]), order[most - 1 :]
    return [labels[k] for k in shown] + [f"{len(rest)} others"], np.r_[phi[shown], phi[rest].sum()]


def _beside(ax: Axes, x: float, y: int, text: str, side: int) -> None:
    """Write a number a few points to the right, or to the left, of a place."""
    ax.annotate(
        text,
        (x, y),
        xytext=(4 * side, 0),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="center",
        fontsize=9,
    )


def _label(explanation: Explanation, row: int, name: str) -> str:
    if name not in explanation.columns:
        return name
    value = explanation.columns[name].iloc[row]
    is_number = pd.api.types.is_number(value)
    return f"{name} = {value:.4g}" if is_number else f"{name} = {value}"
