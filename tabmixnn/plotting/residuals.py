"""Residuals against fitted values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixnn.plotting.canvas import BLUE, LIGHT, RED, get_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_residuals(
    fitted: np.ndarray,
    values: np.ndarray,
    *,
    label: str = "residual",
    ax: Axes | None = None,
) -> Axes:
    """Draw residuals against fitted values, with their running mean.

    Parameters
    ----------
    fitted, values : ndarray, shape (n,)
    label : str
        What kind of residuals they are.
    ax : Axes, optional

    Returns
    -------
    Axes
        The running mean is of a fifth of the rows; away from zero it shows what the model misses.
    """
    ax = get_axes(ax)
    fitted, values = np.asarray(fitted), np.asarray(values)
    alpha = float(np.clip(200.0 / max(len(fitted), 1), 0.12, 0.7))
    ax.axhline(0.0, color=LIGHT, linewidth=1.0, zorder=0)
    ax.scatter(fitted, values, s=16, color=BLUE, alpha=alpha, edgecolors="none")
    x, mean = running_mean(fitted, values)
    ax.plot(x, mean, color=RED, linewidth=2.2, label="running mean")
    ax.set(xlabel="fitted value", ylabel=label)
    ax.legend(frameon=False)
    return tidy(ax)


def running_mean(x: np.ndarray, y: np.ndarray, share: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of x and y over windows of a share of the points, in the order of x."""
    order = np.argsort(x, kind="stable")
    width = max(1, min(len(x), round(share * len(x))))
    kernel = np.full(width, 1.0 / width)
    return np.convolve(x[order], kernel, "valid"), np.convolve(y[order], kernel, "valid")
