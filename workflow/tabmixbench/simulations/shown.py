"""How simulation studies are shown: panels of curves, and why a model has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LABELLED = 100
"""Range of errors, largest over smallest, up to which there is room for more than powers of ten."""


class Style(NamedTuple):
    """How a model's line looks.

    Attributes
    ----------
    colour, marker, line : str
        As Matplotlib calls them.
    size : float
        Of the marker, in points.
    is_hollow : bool
        Whether a marker below it is to be seen.
    """

    colour: str
    marker: str
    line: str = "-"
    size: float = 5
    is_hollow: bool = False


#: Of Okabe and Ito's palette, the same in every figure. Models whose lines can lie on each other,
#: the default and what it grows from, have other strokes, and markers that fit into each other.
STYLES = {
    "tabmixnn_auto": Style("#0072B2", "o", size=4),
    "tabmixnn_exact": Style("#56B4E9", "s", "--", 8, is_hollow=True),
    "linear": Style("#007A5A", "X", ":", 6, is_hollow=True),
    "gpboost": Style("#D55E00", "^"),
    "xgboost_ids": Style("#E69F00", "v"),
    "lightgbm_small": Style("#CC79A7", "P"),
    "catboost": Style("#999999", "p", "-."),
    "mlp": Style("#4D4D4D", "D"),
}
OTHER = Style("#000000", "h", "-.")
"""Of a model that no study of the repository has."""


def absences(scores: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Why models have no score at some settings, one sentence a reason."""
    missing = scores[scores["mse"].isna()]
    return [
        f"{labels[model]}, {', '.join(dict.fromkeys(rows['setting']))}: {reason}"
        for (model, reason), rows in missing.groupby(["model", "reason"], sort=False)
    ]


def counts(scores: pd.DataFrame, setting: Sequence[str]) -> pd.DataFrame:
    """How many repeats there are of each row's setting, and on how many its model has a score.

    Parameters
    ----------
    scores : DataFrame of shape (n, ...)
    setting : sequence of str
        Columns that tell settings apart.

    Returns
    -------
    DataFrame of shape (n, 2)
        Columns ``ran`` and ``repeats``. A mean over some of the repeats is of other data sets than
        a mean over all.
    """
    keys = [scores[name] for name in setting]
    ran = scores["excess"].notna().groupby([*keys, scores["model"]]).transform("sum")
    return pd.DataFrame(
        {"ran": ran, "repeats": scores["repeat"].groupby(keys).transform("nunique")}
    )


def gap(ran: int, repeats: int) -> str:
    """What stands where a model has no mean over all repeats."""
    return f"– ({ran} of {repeats})" if ran else "–"


def repeated(scores: pd.DataFrame) -> str:
    """How many data sets were simulated at each setting."""
    number = scores["repeat"].nunique()
    if number == 1:
        return "One simulated data set at each setting: how far another would differ is not known."
    return (
        f"{number} simulated data sets at each setting; a model without a score on some of them "
        "has no mean, and how many it has is in brackets."
    )


def panels(
    scores: pd.DataFrame, labels: Mapping[str, str], *, title: str, panel: str, xlabel: str
) -> Figure:
    """Excess error against ``x`` on logarithmic axes, a panel for each value of ``panel``.

    Points are means over all repeats; where one has no score, there is none.
    """
    import matplotlib.pyplot as plt
    import seaborn as sns
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

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
    styles = {
        labels[name]: STYLES.get(name, OTHER) for name in labels if name in set(scores["model"])
    }
    number = counts(scores, ["panel", "x"])
    shown = scores.assign(model=scores["model"].map(labels))[number["ran"] == number["repeats"]]
    scale, bend = "log", {}
    if shown["x"].min() == 0:  # which has its place where the axis is linear
        scale, bend = "symlog", {"linthresh": shown["x"][shown["x"] > 0].min(), "linscale": 0.5}
    for axis, value in zip(axes.flat, values, strict=True):
        axis.set_xscale(scale, **bend)
        means = shown[shown["panel"] == value].groupby(["model", "x"])["excess"].mean()
        for name, style in styles.items():
            own = means[means.index.get_level_values("model") == name].droplevel("model")
            axis.plot(
                own.index,
                own,
                label=name,
                color=style.colour,
                linestyle=style.line,
                marker=style.marker,
                markersize=style.size,
                markerfacecolor="none" if style.is_hollow else style.colour,
            )
        axis.set(yscale="log", title=panel.format(value), xlabel=xlabel)
        axis.set_xticks(sorted(set(shown["x"])), minor=False)
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_major_formatter("{x:g}")
    axes[0, 0].set_ylabel("mean squared distance from the truth")
    low, high = axes.flat[0].get_ylim()
    for axis in axes.flat:
        if high < LABELLED * low:
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.yaxis.set_minor_formatter(NullFormatter())
    handles, names = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(title)
    return figure
