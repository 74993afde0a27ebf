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


def draw(results: Results) -> Figure:
    """One panel a suite: a row a dataset, a dot for each of the three improvements."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    themed()
    frames = {title: _long(results, table) for title, table in PANELS.items()}
    tallest = max(frame["dataset"].nunique() for frame in frames.values())
    figure, axes = plt.subplots(
        1, len(frames), figsize=(11, 1.6 + 0.28 * tallest), layout="constrained"
    )
    for axis, (title, frame) in zip(axes, frames.items(), strict=True):
        sns.scatterplot(
            frame,
            x="improvement",
            y="dataset",
            hue="series",
            style="series",
            hue_order=list(SERIES.values()),
            style_order=list(SERIES.values()),
            s=45,
            ax=axis,
        )
        axis.axvline(0, color="0.3", linewidth=1)
        axis.set(title=title, xlabel="improvement over XGBoost in percent", ylabel="")
        axis.get_legend().remove()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(f"Improvement of {results.models[OURS].label} over XGBoost, right is better")
    return figure


def _long(results: Results, table) -> pd.DataFrame:
    data = table.build(results).data
    data["dataset"] = [results.registry[name].title for name in data["dataset"]]
    long = data.melt("dataset", list(SERIES), "series", "improvement")
    return long.assign(series=long["series"].map(SERIES)).astype({"improvement": float})
