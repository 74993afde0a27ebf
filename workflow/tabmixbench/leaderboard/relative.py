"""Each model's distance from the best on each dataset, as a heat map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.board import Board, Standings
from tabmixbench.leaderboard.style import message
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure


#: Inches, in which the numbers of eighteen models can be read: one for all, or print would differ
#: from board to board where a page gives every figure the same room.
WIDTH = 9.8


def draw(results: Results, board: Board) -> Figure:
    """Rows are datasets, columns models by mean rank; 0 is the best model of the dataset.

    Suites grow by datasets: a page can be scrolled down, and is as wide as it is.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    themed()
    standings = Standings(results, board)
    if board.larger_is_better:
        title, form, top = f"{board.title}: AUROC points behind the best", ".3f", 0.1
    else:
        title, form, top = f"{board.title}: {board.metric} above the best, in percent", ".0f", 50.0
    if not standings.models:
        return message(title, "no model has run")
    values = np.array(
        [[standings.behind_best(d, m) for m in standings.models] for d in standings.datasets]
    )
    figure, axis = plt.subplots(
        figsize=(WIDTH, 1.9 + 0.24 * len(standings.datasets)), layout="constrained"
    )
    sns.heatmap(
        values,
        ax=axis,
        vmin=0,
        vmax=top,
        cmap="viridis_r",
        annot=True,
        fmt=form,
        annot_kws={"size": 8},
        linewidths=0.5,
        cbar=False,
        xticklabels=[standings.label(name) for name in standings.models],
        yticklabels=[results.registry[name].title for name in standings.datasets],
    )
    axis.set_title(f"{title} (a gap: no score)")
    axis.tick_params(axis="x", rotation=40)
    for label in axis.get_xticklabels():
        label.set_horizontalalignment("right")
    return figure
