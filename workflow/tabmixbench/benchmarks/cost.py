"""A model of cost, ``seconds = a + b rows + c groups``, fitted to measurements and carried on."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from tabmixbench.benchmarks.machines import IN_MEMORY, LEVELS, SUMS, TWO
from tabmixbench.tables.table import Table, Text

NEAR = (10**7, 10**6)
PAPER = (10**9, 10**8)
"""Rows and groups that the model is carried to."""
MACHINES = 64


@dataclass(frozen=True)
class Cost:
    """What something costs.

    Parameters
    ----------
    start, row, group : float
        Seconds in all, a row and a group.
    misfit : float
        Largest relative error of the measurements that it was fitted to.
    """

    start: float
    row: float
    group: float
    misfit: float

    @classmethod
    def of(cls, rows: pd.Series, groups: pd.Series, values: pd.Series) -> Cost:
        """Fit measurements by least squares of relative errors; no part is negative."""
        design = np.column_stack([np.ones(len(rows)), rows, groups]) / values.to_numpy()[:, None]
        # Columns of one size: a second and a nanosecond are nine digits apart.
        scale = np.linalg.norm(design, axis=0)
        parts = nnls(design / scale, np.ones(len(rows)))[0] / scale
        return cls(*map(float, parts), float(np.abs(design @ parts - 1).max()))

    def at(self, rows: float, groups: float) -> float:
        """Return the cost of so many rows and groups."""
        return self.start + self.row * rows + self.group * groups


def costs(found: pd.DataFrame) -> dict[str, Cost]:
    """Return the seconds of every way that was measured (`machines.measure`)."""
    return {
        way: Cost.of(rows["rows"], rows["groups"], rows["seconds"])
        for way, rows in found.groupby("way", sort=False)
    }


def shared_epoch(one: Cost, two: Cost, size: tuple[int, int], processes: int) -> float:
    """Return the seconds of an epoch in several processes, by Amdahl's law from one and two."""
    alone, halved = one.at(*size), two.at(*size)
    undivided = min(max(2 * halved - alone, 0.0), alone)
    return undivided + (alone - undivided) / processes


def cost_table(found: pd.DataFrame) -> Table:
    """One row a way: the model, and what it says of sizes that were not measured."""
    fitted = costs(found)
    texts = [
        [
            Text(way),
            Text(f"{cost.start:.2g}"),
            Text(f"{1e9 * cost.row:.0f}"),
            Text(f"{1e9 * cost.group:.0f}"),
            Text(f"{100 * cost.misfit:.0f}%"),
            Text(_time(cost.at(*NEAR))),
            Text(_time(cost.at(*PAPER))),
        ]
        for way, cost in fitted.items()
    ]
    levels, sums = fitted[LEVELS].at(*PAPER), fitted[SUMS].at(PAPER[0] / MACHINES, PAPER[1])
    epoch = IN_MEMORY["an epoch, [64, 32]"]
    many = shared_epoch(fitted[epoch], fitted[TWO], PAPER, MACHINES)
    rows = found["rows"].agg(["min", "max"])
    notes = [
        f"Seconds of processor time on one thread, fitted to {len(found)} measurements of "
        f"{rows['min']:,} to {rows['max']:,} rows: y ~ x + (1 | g), a fit of the exact model, or "
        "an epoch of a network in batches of 65,536. The misfit is the largest relative error. "
        "What is beyond the measurements is arithmetic.",
        f"On {MACHINES} workers of Dask, {PAPER[0]:,} rows of {PAPER[1]:,} groups would take "
        f"{_time(levels)} to find levels, in the process that asks, and {_time(sums)} to sum and "
        "fit, what groups cost undivided.",
        f"In {MACHINES} processes an epoch of them would take {_time(many)}, if they divide what "
        "two divide, before what they wait for each other and for sums of the shared parameters.",
    ]
    header = ["way", "start (s)", "ns a row", "ns a group", "misfit"]
    header += ["10⁷ rows, 10⁶ groups", "10⁹ rows, 10⁸ groups"]
    data = pd.DataFrame([{"way": way} | asdict(cost) for way, cost in fitted.items()])
    return Table("What rows and groups cost", header, texts, data, notes)


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
