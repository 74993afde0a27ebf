"""Figures 1 to 3 of the paper, from a `Study`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.interpretation.models import COLUMN, GROUP

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tabmixbench.interpretation.study import Study

DAYS = (0, 5, 9)


def figure1(study: Study) -> Figure:
    """SHAP values of Days against Days for six subjects, with fitted lines."""
    import matplotlib.pyplot as plt

    from tabmixnn.plotting import plot_shap_line

    figure, axes = plt.subplots(
        2, 3, figsize=(9.5, 5.6), sharex=True, sharey=True, layout="constrained"
    )
    for ax, subject in zip(axes.flat, study.spread(6), strict=True):
        plot_shap_line(study.explanation, COLUMN, GROUP, subject, ax=ax)
        ax.set_title(f"Subject {subject}: {study.slopes.loc[subject, 'slope']:.1f} ms per day")
        ax.set(xlabel="", ylabel="")
    axes[0, 0].set_xticks([0, 3, 6, 9])
    figure.supxlabel("Days of sleep deprivation")
    figure.supylabel("SHAP value of Days (ms)")
    return figure


def figure2(study: Study) -> Figure:
    """All subjects ranked by their SHAP slope, and the distribution of the slopes."""
    import matplotlib.pyplot as plt

    from tabmixnn.plotting import plot_ranked_slopes, plot_slope_distribution

    figure, (left, right) = plt.subplots(1, 2, figsize=(10.5, 5.0), layout="constrained")
    slopes = study.slopes["slope"].rename("SHAP slope of Days (ms per day)")
    plot_ranked_slopes(slopes, ax=left)
    left.set_title("Effect of Days by subject")
    plot_slope_distribution(slopes, ax=right)
    right.set(title="Distribution of subject-specific effects", ylabel="number of subjects")
    # A mean and a median in one place leave room for the legend beside them.
    low, high = right.get_ylim()
    right.set_ylim(low, 1.18 * high)
    return figure


def figure3(study: Study) -> Figure:
    """Waterfalls of four subjects at Days 0, 5 and 9."""
    import matplotlib.pyplot as plt

    from tabmixnn.plotting import plot_waterfall

    explanation, subjects = study.explanation, study.spread(4)
    figure, axes = plt.subplots(
        len(subjects), len(DAYS), figsize=(11.5, 9.0), sharex=True, layout="constrained"
    )
    days = explanation.columns[COLUMN].to_numpy()
    ends: list[float] = []
    for subject, line in zip(subjects, axes, strict=True):
        for day, ax in zip(DAYS, line, strict=True):
            row = int(np.flatnonzero((explanation.levels[GROUP] == subject) & (days == day))[0])
            plot_waterfall(explanation, row, digits=1, ax=ax)
            ends += ax.get_xlim()
            ax.set_xlabel("")
            ax.set_title(f"Subject {subject}, Day {day}", fontsize=10)
            labels = [_short(label) for label in explanation.labels]
            ax.set_yticks(ax.get_yticks(), [*labels, "prediction"])
            ax.tick_params(axis="y", labelleft=day == DAYS[0])
    # Room for the numbers beside the outermost bars.
    low, high = min(ends), max(ends)
    axes[0, 0].set_xlim(low - 0.12 * (high - low), high + 0.10 * (high - low))
    figure.supxlabel(f"reaction time (ms); dotted: the base value, {explanation.base[0]:.0f} ms")
    return figure


def _short(label: str) -> str:
    """Return a player's name as it fits beside a small panel."""
    return label.replace("(Intercept)", "intercept").replace(" | ", ", by ")


FIGURES: dict[str, Callable[[Study], Figure]] = {
    "figure1": figure1,
    "figure2": figure2,
    "figure3": figure3,
}
