"""How simulation studies are shown: panels of curves, and why a model has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELLED = 20
"""Range of errors, largest over smallest, up to which there is room for more than powers of ten."""


def absences(scores: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Why models have no score at some settings, one sentence a reason."""
    missing = scores[scores["mse"].isna()]
    return [
        f"{labels[model]}, {', '.join(dict.fromkeys(rows['setting']))}: {reason}"
        for (model, reason), rows in missing.groupby(["model", "reason"], sort=False)
    ]


def repeated(scores: pd.DataFrame) -> str:
    """How many data sets were simulated at each setting."""
    number = scores["repeat"].nunique()
    if number == 1:
        return "One simulated data set at each setting: how far another would differ is not known."
    return f"{number} simulated data sets at each setting."


def panels(
    scores: pd.DataFrame, labels: Mapping[str, str], *, title: str, panel: str, xlabel: str
) -> Figure:
    """Excess error against ``x`` on logarithmic axes, a panel for each value of ``panel``."""
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib.ticker import NullFormatter, NullLocator

    sns.set_theme(style="whitegrid", context="paper", palette="colorblind")
    values = list(dict.fromkeys(scores["panel"]))
    figure, axes = plt.subplots(
        1,
        len(values),
        figsize=(1.2 + 3.2 * len(values), 4),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    names = [labels[name] for name in labels if name in set(scores["model"])]
    shown = scores.assign(model=scores["model"].map(labels)).dropna(subset=["excess"])
    for axis, value in zip(axes.flat, values, strict=True):
        sns.lineplot(
            shown[shown["panel"] == value],
            x="x",
            y="excess",
            hue="model",
            style="model",
            hue_order=names,
            style_order=names,
            markers=True,
            dashes=False,
            errorbar=None,
            ax=axis,
        )
        axis.set(xscale="log", yscale="log", title=panel.format(value), xlabel=xlabel)
        axis.set_ylabel("mean squared distance from the truth")
        axis.get_legend().remove()
        axis.set_xticks(sorted(set(shown["x"])), minor=False)
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_major_formatter("{x:g}")
    low, high = axes.flat[0].get_ylim()
    for axis in axes.flat:
        axis.yaxis.set_minor_formatter("{x:g}" if high < LABELLED * low else NullFormatter())
    handles, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(title)
    return figure
