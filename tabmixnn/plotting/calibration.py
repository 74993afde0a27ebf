"""Reliability of probabilities: what was predicted against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixnn.interpret.reliability import reliability
from tabmixnn.plotting.canvas import BLUE, GREY, get_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_calibration(
    happened: np.ndarray,
    probability: np.ndarray,
    trials: np.ndarray | None = None,
    *,
    bins: int = 10,
    level: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Draw a reliability diagram; see `reliability` for the parameters.

    Returns
    -------
    Axes
        Dots with intervals on the diagonal are calibrated. The bars below are a histogram of the
        probabilities.
    """
    ax = get_axes(ax, (4.8, 4.6))
    table = reliability(happened, probability, trials, bins=bins, level=level)
    counts, edges = np.histogram(probability, bins=25, range=(0.0, 1.0))
    heights = 0.12 * counts / counts.max()
    ax.bar(edges[:-1], heights, width=0.04, align="edge", color="0.88", label="probabilities")
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1.2, linestyle="--", label="calibrated")
    reach = [table["observed"] - table["lower"], table["upper"] - table["observed"]]
    ax.errorbar(
        table["predicted"],
        table["observed"],
        yerr=np.maximum(reach, 0.0),
        fmt="o-",
        color=BLUE,
        markersize=5,
        linewidth=1.4,
        label=f"observed, {100 * level:.0f}% interval",
    )
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="predicted probability", ylabel="observed share")
    ax.set_aspect("equal")
    ax.legend(frameon=False, loc="upper left", fontsize=9)
    return tidy(ax)
