"""What all plots share: an Axes to draw on, colours, labels that fit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PINK = "#56B4E9", "#CC79A7"
GREY, LIGHT = "0.45", "0.8"
SERIES = (BLUE, ORANGE, GREEN, PINK, SKY, RED)
"""Okabe and Ito's colours, for lines and bars that stand beside each other."""

MOST_LABELS = 60
"""Labels along an axis beyond which none is legible."""

MOST_COLUMNS, ACROSS, NARROWEST = 24, 60, 12
"""Labels side by side beyond which they overprint, and characters in all of them; and characters
in a line of those that have several."""


def get_axes(ax: Axes | None, size: tuple[float, float] = (5.5, 4.0)) -> Axes:
    """Return the Axes to draw on: the given one, or that of a new figure.

    Parameters
    ----------
    ax : Axes or None
    size : tuple of float
        Width and height of a new figure in inches.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    TypeError
        If `ax` is no Axes.
    """
    if ax is not None:
        if not hasattr(ax, "plot"):
            raise TypeError(f"ax must be an Axes of matplotlib; got {ax!r}.")
        return ax
    figure = pyplot().figure(figsize=size, layout="constrained")
    return figure.add_subplot()


def pyplot() -> Any:
    """Return ``matplotlib.pyplot``.

    Raises
    ------
    ImportError
        If it is not installed, saying how to install it.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "Plots need matplotlib, which is not installed: pip install 'tabmixnn[plots]'."
        ) from error
    return plt


def colours(name: str, values: Any) -> Any:
    """Return the colours of a map at values from 0 to 1."""
    return pyplot().get_cmap(name)(values)


def tidy(ax: Axes, *, grid: str | None = None) -> Axes:
    """Take away the upper and right spines; with `grid` ("x", "y" or "both") draw one behind."""
    ax.spines[["top", "right"]].set_visible(False)
    if grid is not None:
        ax.grid(axis=grid, color="0.9", linewidth=0.8)
        ax.set_axisbelow(True)
    return ax


def plain(text: Any) -> str:
    """Return a text that comes from data so that it is drawn as it is.

    Matplotlib typesets what stands between two dollar signs as a formula, or fails to.
    """
    return str(text).replace("$", r"\$")


def row_labels(ax: Axes, names: Iterable[Any]) -> None:
    """Label the rows 0, 1, ... of a plot, unless there are too many to read."""
    labels = [plain(name) for name in names]
    if len(labels) > MOST_LABELS:
        ax.set_yticks([])
        return
    size = 10 if len(labels) <= 20 else 10 - 4 * (len(labels) - 20) / (MOST_LABELS - 20)
    ax.set_yticks(range(len(labels)), labels, fontsize=size)


def column_labels(ax: Axes, names: Iterable[Any]) -> None:
    """Label the columns 0, 1, ... of a plot, in several lines or at a slant lest they overprint.

    Of very many only some have their label.
    """
    labels = [str(name) for name in names]
    step = -(-len(labels) // MOST_COLUMNS)
    shown = labels[::step]
    width, turned = ACROSS // len(shown), {}
    if width >= NARROWEST:
        shown = [textwrap.fill(label, width) for label in shown]
    elif max(map(len, shown)) > width:
        turned = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(0, len(labels), step), [plain(label) for label in shown], **turned)


def rows_height(n_rows: int) -> float:
    """Return the height in inches of a figure with a row for each of `n_rows`."""
    if n_rows > MOST_LABELS:
        return 6.0
    return 1.1 + 0.22 * max(n_rows, 4)
