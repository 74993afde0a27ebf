"""Reliability: among rows given a probability, how many are of class 1."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixbench.adapters import ModelSpec
from tabmixbench.figures.style import themed
from tabmixbench.leaderboard.roles import FLOOR
from tabmixbench.leaderboard.style import colour, message
from tabmixbench.metrics import calibration_bins

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "Classification, known groups: reliability of the probabilities"


def pooled(predictions: Mapping[str, list[str | Path]]) -> dict[str, np.ndarray]:
    """Bins of each model over all datasets and splits, every dataset weighing the same.

    Parameters
    ----------
    predictions : mapping of str to list of path
        Model -> Parquet files of its predictions, one a dataset.

    Returns
    -------
    dict of str to ndarray of shape (10, 3)
        Mean probability, share of class 1, and weight of each bin; NaN where a bin is empty.
    """
    found = {}
    for model, files in predictions.items():
        sums = np.zeros((10, 3))
        for file in files:
            frame = pd.read_parquet(file)
            rows = frame[frame["protocol"] == "rows"]
            if not len(rows):
                continue
            probability = rows["prediction"].to_numpy(dtype=float)
            bins = calibration_bins(rows["y"].to_numpy(dtype=float), probability)
            weight = bins[:, 2] / bins[:, 2].sum()
            position = np.minimum((bins[:, 0] * 10).astype(int), 9)
            sums[position] += np.column_stack([bins[:, :2] * weight[:, None], weight])
        if sums[:, 2].any():
            with np.errstate(invalid="ignore"):
                means = sums[:, :2] / sums[:, 2:]
            found[model] = np.column_stack([means, sums[:, 2]])
    return found


def draw(predictions: Mapping[str, list[str | Path]], models: Mapping[str, ModelSpec]) -> Figure:
    """One small panel a model: share of class 1 against mean probability."""
    import matplotlib.pyplot as plt

    themed()
    bins = {name: b for name, b in pooled(predictions).items() if name != FLOOR}
    if not bins:
        return message(TITLE, "no model has run")
    across = min(4, len(bins))
    down = -(-len(bins) // across)
    figure, axes = plt.subplots(
        down,
        across,
        figsize=(2.3 * across, 0.8 + 2.3 * down),
        sharex=True,
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for axis in axes.flat[len(bins) :]:
        axis.axis("off")
    for axis, name in zip(axes.flat, models_in_order(models, bins), strict=False):
        predicted, observed, weight = bins[name].T
        shown = weight > 0
        own = colour(models[name])
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axis.plot(predicted[shown], observed[shown], color=own, linewidth=1)
        size = 10 + 250 * weight[shown] / weight.sum()
        axis.scatter(predicted[shown], observed[shown], s=size, color=own, alpha=0.8)
        axis.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
        axis.set_title(models[name].label, fontsize=9)
    figure.supxlabel("mean probability of class 1", fontsize=9)
    figure.supylabel("share of class 1", fontsize=9)
    figure.suptitle(f"{TITLE} (size: share of rows)", fontsize=10)
    return figure


def models_in_order(models: Mapping[str, ModelSpec], present: Mapping[str, object]) -> list[str]:
    """The models present, in the order of the tables."""
    return [name for name in models if name in present]
