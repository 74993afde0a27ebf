"""The fields that a Gaussian process and the SPDE see between the places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tabmixbench.spatial.fields import DATA, FIELDS, PLACE, Places

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = ("matern", "spde")
POINTS = 50


def draw() -> Figure:
    """One row a dataset: the field of each model, the same colours, and the places."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        len(DATA),
        len(SHOWN),
        figsize=(10, 4.2 * len(DATA)),
        squeeze=False,
        layout="constrained",
    )
    for row, places in zip(axes, DATA.values(), strict=True):
        data = places.load()
        grid, x, y = _grid(places, data)
        values = {}
        for key in SHOWN:
            model = FIELDS[key].fit(places, data)
            field = model.predict(grid) - model.predict(grid, re_form="none")
            values[key] = field.reshape(len(y), len(x))
        bound = max(np.abs(field).max() for field in values.values())
        for axis, key in zip(row, SHOWN, strict=True):
            image = axis.pcolormesh(
                x, y, values[key], cmap="RdBu_r", vmin=-bound, vmax=bound, rasterized=True
            )
            axis.plot(*data[list(places.coordinates)].to_numpy(float).T, ".k", markersize=1.5)
            axis.set(xlabel=places.axes[0], ylabel=places.axes[1])
            axis.set_title(FIELDS[key].label, fontsize=10)
        label = f"effect on {places.axes[2]}"
        figure.colorbar(image, ax=list(row), label=label, shrink=0.9)
        row[0].annotate(
            places.title, (0, 1.1), xycoords="axes fraction", fontsize=11, fontweight="bold"
        )
    return figure


def _grid(places: Places, data: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows at the nodes of a grid over the places, every other column as in the first row."""
    x, y = (
        np.linspace(data[column].min(), data[column].max(), POINTS) for column in places.coordinates
    )
    across, up = np.meshgrid(x, y)
    first = data.iloc[[0] * across.size].reset_index(drop=True)
    nodes = dict(zip(places.coordinates, (across.ravel(), up.ravel()), strict=True))
    new = data[PLACE].max() + 1 + np.arange(across.size)
    return first.assign(**nodes, **{PLACE: new}), x, y
