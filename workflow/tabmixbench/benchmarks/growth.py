"""How time and memory grow: with the rows, groups, features and random effects.

One of them grows, the others stay where the configuration has them. Every size is fitted in a
process of its own.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from tabmixbench.benchmarks.large import PER_GROUP, growth
from tabmixbench.benchmarks.simulated import FITS, Sizes, measured
from tabmixbench.tables.table import Table, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXES = {
    "rows": f"rows, {PER_GROUP} a group",
    "groups": "groups",
    "features": "columns with a fixed effect",
    "effects": "random effects of a group",
}
LINEAR_FROM = 100_000
"""Rows from which on cost is said to grow linearly: below, a fit is mostly overhead."""
FEW = 100
"""Sizes up to which every one has a tick of its own."""
SMALLEST = 0.05
"""Gigabytes above the data below which memory is what Python itself takes."""


def grown(options: Mapping[str, Any]) -> Iterator[tuple[str, Sizes]]:
    """Yield every axis with every size along it.

    Parameters
    ----------
    options : mapping
        For each axis its ``sizes``, and those of the others that differ from `Sizes`.
    """
    for axis in AXES:
        others = dict(options[axis])
        for size in others.pop("sizes"):
            sizes = Sizes(**others | {axis: size})
            if axis == "rows":
                sizes = replace(sizes, groups=size // PER_GROUP)
            yield axis, sizes


def measure(options: Mapping[str, Any]) -> pd.DataFrame:
    """Measure all fits at all sizes.

    Returns
    -------
    DataFrame
        Columns axis, size, fit, the sizes, seconds, before and peak (bytes), and estimates.
    """
    records = [
        {"axis": axis, "size": getattr(sizes, axis), "fit": fit, **asdict(sizes)}
        | measured(fit, sizes)
        for axis, sizes in grown(options)
        for fit in FITS
    ]
    return pd.DataFrame(records)


def growth_table(found: pd.DataFrame) -> Table:
    """One row a size: seconds and memory of every fit."""
    texts, notes = [], []
    for (axis, size), rows in found.groupby(["axis", "size"], sort=False):
        by_fit = rows.set_index("fit")
        cells = []
        for fit in FITS:
            above = (by_fit.loc[fit, "peak"] - by_fit.loc[fit, "before"]) / 1e9
            cells.append(Text(f"{by_fit.loc[fit, 'seconds']:.3g}"))
            cells.append(Text(f"{above:.2f}"))
        texts.append([Text(AXES[axis]), Text(f"{size:,}"), *cells])
    for fit in FITS:
        powers = []
        for axis in AXES:
            rows = found[(found["axis"] == axis) & (found["fit"] == fit)]
            if axis == "rows":
                rows = rows[rows["size"] >= LINEAR_FROM]
            if len(rows) > 1:
                power = growth(rows["size"], rows["seconds"])
                powers.append(f"{axis} {power:.2f}")
        notes.append(f"Powers that seconds of {fit} grow with: {', '.join(powers)}.")
    notes[:0] = [
        "Seconds of processor time on one thread, of the exact fit (REML, from arrays) or of one "
        "epoch of a network (16 dimensions, batches of 65,536 rows, from a data frame), and "
        "gigabytes above the data at the peak. The powers are of least squares of logarithms, for "
        f"the rows from {LINEAR_FROM:,} on.",
    ]
    header = ["what grows", "to"]
    for fit in FITS:
        header += [f"{fit} (s)", "GB"]
    return Table("Growth of time and memory", header, texts, found, notes)


def growth_figure(found: pd.DataFrame) -> Figure:
    """A panel an axis: seconds above, gigabytes above the data below, both on log scales."""
    import matplotlib.pyplot as plt

    from tabmixbench.figures.style import themed

    themed()
    figure, panels = plt.subplots(
        2,
        len(AXES),
        figsize=(2.2 * len(AXES), 5.6),
        sharex="col",
        sharey="row",
        layout="constrained",
    )
    memory = ((found["peak"] - found["before"]) / 1e9).clip(lower=SMALLEST)
    found = found.assign(memory=memory)
    for column, (axis, label) in enumerate(AXES.items()):
        rows = found[found["axis"] == axis]
        _curves(panels[0, column], rows, "seconds")
        _curves(panels[1, column], rows, "memory")
        panels[1, column].set_xlabel(textwrap.fill(label, 16))
    panels[0, 0].set_ylabel("seconds")
    panels[1, 0].set_ylabel("GB above the data")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
    return figure


def _curves(panel: Axes, rows: pd.DataFrame, column: str) -> None:
    for fit in FITS:
        own = rows[rows["fit"] == fit]
        panel.plot(own["size"], own[column], marker="o", label=fit)
    if column == "seconds" and len(rows):
        # What doubling with every doubling looks like.
        sizes = rows["size"].agg(["min", "max"])
        start = rows[column].min()
        panel.plot(sizes, start * sizes / sizes["min"], color="0.6", linestyle=":", label="linear")
    panel.set(xscale="log", yscale="log")
    sizes = rows["size"].unique()
    if len(sizes) and sizes.max() <= FEW:  # powers of ten would be too few, or crowd
        panel.set_xticks(sizes, [f"{size:g}" for size in sizes])
        panel.set_xticks([], minor=True)
