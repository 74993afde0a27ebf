"""One row's prediction, step by step from the base value (Figure 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tabmixnn.plotting.canvas import BLUE, RED, get_axes, rows_height, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tabmixnn.interpret.shapley import Explanation


def plot_waterfall(
    explanation: Explanation,
    row: int = 0,
    *,
    output: str | None = None,
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
    ax : Axes, optional

    Returns
    -------
    Axes
        Bars to the right, in red, raise the prediction; bars to the left, in blue, lower it. A
        feature's label has its value.
    """
    position = explanation.output(output)
    phi = explanation.values[row, :, position]
    base, prediction = explanation.base[position], explanation.prediction[row, position]
    ax = get_axes(ax, (5.8, rows_height(2 * (len(phi) + 1))))
    labels = [_label(explanation, row, name) for name in explanation.labels]
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
    lefts = [base, *ends[2:-1]]
    for k, (value, left) in enumerate(zip(phi, lefts, strict=True)):
        # Beside the bar's end that it moves to, where no other bar of the row is.
        side = "left" if value >= 0 else "right"
        gap = 0.015 * span if value >= 0 else -0.015 * span
        ax.text(left + value + gap, k, f"{value:+.3g}", ha=side, va="center", fontsize=9)
    ax.axvline(base, color="0.6", linewidth=0.8, linestyle=":", zorder=0)
    ax.plot(prediction, len(phi), "D", color="0.15", markersize=6, zorder=3)
    ax.text(prediction + 0.03 * span, len(phi), f"{prediction:.4g}", va="center", fontsize=9)
    ax.set_yticks(range(len(phi) + 1), [*labels, "prediction"])
    ax.set_ylim(len(phi) + 0.6, -0.6)
    ax.set_xlim(min(ends) - 0.2 * span, max(ends) + 0.2 * span)
    ax.set_xlabel(f"{explanation.outputs[position]} ({explanation.kind} scale); base {base:.4g}")
    return tidy(ax)


def _label(explanation: Explanation, row: int, name: str) -> str:
    if name not in explanation.columns:
        return name
    value = explanation.columns[name].iloc[row]
    is_number = pd.api.types.is_number(value)
    return f"{name} = {value:.4g}" if is_number else f"{name} = {value}"
