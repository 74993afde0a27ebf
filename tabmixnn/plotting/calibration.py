"""Reliability of probabilities: what was predicted against what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from tabmixnn.plotting.canvas import BLUE, GREY, get_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def reliability(
    happened: np.ndarray, probability: np.ndarray, *, bins: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Return how often an event happened where it was predicted with about the same probability.

    Parameters
    ----------
    happened : ndarray of bool, shape (n,)
    probability : ndarray, shape (n,)
    bins : int
        Bins with as equal numbers of rows as ties allow.
    level : float
        Coverage of Wilson's intervals.

    Returns
    -------
    DataFrame
        ``predicted`` (the mean), ``observed``, ``low``, ``high`` and ``n``, a row a bin.
    """
    probability = np.asarray(probability, dtype=np.float64)
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)))
    member = np.searchsorted(edges[1:-1], probability, side="left")
    table = pd.DataFrame({"predicted": probability, "observed": np.asarray(happened, dtype=float)})
    found = table.groupby(member).mean()
    n = table.groupby(member).size()
    z = stats.norm.ppf(0.5 + level / 2)
    centre = (found["observed"] + z**2 / (2 * n)) / (1 + z**2 / n)
    spread = found["observed"] * (1 - found["observed"]) / n + z**2 / (4 * n**2)
    half = z * np.sqrt(spread) / (1 + z**2 / n)
    return found.assign(low=centre - half, high=centre + half, n=n).reset_index(drop=True)


def plot_calibration(
    happened: np.ndarray,
    probability: np.ndarray,
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
    table = reliability(happened, probability, bins=bins, level=level)
    counts, edges = np.histogram(probability, bins=25, range=(0.0, 1.0))
    heights = 0.12 * counts / counts.max()
    ax.bar(edges[:-1], heights, width=0.04, align="edge", color="0.88", label="probabilities")
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1.2, linestyle="--", label="calibrated")
    reach = [table["observed"] - table["low"], table["high"] - table["observed"]]
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
