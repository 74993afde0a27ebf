"""Quantiles of residuals or random effects against those of a normal distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tabmixnn.option_checks import share
from tabmixnn.plotting.canvas import BLUE, LIGHT, RED, get_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_qq(values: np.ndarray, *, level: float = 0.95, ax: Axes | None = None) -> Axes:
    """Draw a normal Q-Q plot.

    Parameters
    ----------
    values : ndarray, shape (n,)
        They are standardised by their mean and standard deviation.
    level : float
        Coverage of the band, point by point, in which the order statistics of n independent
        normal values lie.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `level` is not between 0 and 1.
    """
    share("level", level)
    ax = get_axes(ax, (4.8, 4.4))
    values = np.sort(np.asarray(values, dtype=np.float64))
    n = len(values)
    observed = (values - values.mean()) / values.std(ddof=1)
    rank = np.arange(1, n + 1)
    expected = stats.norm.ppf((rank - 0.5) / n)
    tail = (1.0 - level) / 2
    low, high = (
        stats.norm.ppf(stats.beta.ppf(probability, rank, n + 1 - rank))
        for probability in (tail, 1.0 - tail)
    )
    ax.fill_between(expected, low, high, color=LIGHT, alpha=0.6, linewidth=0, label="normal")
    ax.plot(expected, expected, color=RED, linewidth=1.4)
    ax.scatter(expected, observed, s=16, color=BLUE, zorder=3)
    ax.set(xlabel="normal quantile", ylabel="standardised value")
    ax.legend(frameon=False, loc="upper left")
    return tidy(ax)
