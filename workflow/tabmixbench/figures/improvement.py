"""Improvement over XGBoost per dataset: the paper's claim beside what we measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from tabmixbench.figures.style import themed
from tabmixbench.tables.comparison import OURS, table3, table4
from tabmixbench.tables.results import Results

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANELS = {"Regression (RMSE)": table3, "Classification (AUROC)": table4}
SERIES = {
    "paper_improvement": "paper, over its XGBoost",
    "improvement_xgboost": "ours, over XGBoost without ids",
    "improvement_xgboost_ids": "ours, over XGBoost with ids",
}
MARKERS = "o", "X", "s"
#: Of a row's height, between its markers: equal improvements do not hide each other.
DODGE = 0.24
#: Percent up to which the axis is linear, and its ticks: one large loss would squeeze all others.
LINEAR = 10
TICKS = -300, -100, -30, -10, 0, 10, 30, 100, 300


def draw(results: Results) -> Figure:
    """One panel a suite that was run: a row a dataset, a dot for each of the three improvements."""
    import matplotlib.pyplot as plt

    themed()
    found = {title: _long(results, table) for title, table in PANELS.items()}
    frames = {title: frame for title, frame in found.items() if len(frame)}
    if not frames:
        figure = plt.figure(figsize=(11, 1.6))
        figure.text(0.5, 0.5, "No dataset of Tables 3 and 4 was run.", ha="center", va="center")
        return figure
    tallest = max(frame["dataset"].nunique() for frame in frames.values())
    figure, axes = plt.subplots(
        1, len(frames), figsize=(11, 1.6 + 0.28 * tallest), layout="constrained", squeeze=False
    )
    for axis, (title, frame) in zip(axes[0], frames.items(), strict=True):
        axis.set_xscale("symlog", linthresh=LINEAR)
        rows = {name: height for height, name in enumerate(dict.fromkeys(frame["dataset"]))}
        for k, (name, marker) in enumerate(zip(SERIES.values(), MARKERS, strict=True)):
            own = frame[frame["series"] == name]
            heights = own["dataset"].map(rows) + DODGE * (k - 1)
            axis.scatter(own["improvement"], heights, s=32, marker=marker, label=name, zorder=2)
        axis.axvline(0, color="0.3", linewidth=1)
        low, high = axis.get_xlim()
        axis.set_xticks([tick for tick in TICKS if low <= tick <= high])
        axis.xaxis.set_major_formatter("{x:g}")
        axis.set_yticks(list(rows.values()), list(rows))
        axis.set(
            title=title,
            xlabel=f"improvement over XGBoost in percent (logarithmic beyond {LINEAR})",
            ylim=(len(rows) - 0.5, -0.5),
        )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(f"Improvement of {results.models[OURS].label} over XGBoost, right is better")
    return figure


def _long(results: Results, table) -> pd.DataFrame:
    data = table.build(results).data
    if data.empty:
        return pd.DataFrame(columns=["dataset", "series", "improvement"])
    data["dataset"] = [results.registry[name].title for name in data["dataset"]]
    long = data.melt("dataset", list(SERIES), "series", "improvement")
    return long.assign(series=long["series"].map(SERIES)).astype({"improvement": float})
