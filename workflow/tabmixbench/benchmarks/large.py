"""Ten million rows of a million groups: an exact fit, and an epoch of a linear mixed network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tabmixbench.benchmarks.requirement import Row
from tabmixbench.benchmarks.simulated import Sizes, measured

FITS = {"exact fit": "exact", "an epoch": "an epoch, linear"}
PER_GROUP = 10


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Measure all sizes; the requirements are about the largest, and about how cost grows."""
    rows: list[Row] = []
    for what, fit in FITS.items():
        counts = sizes["large"]
        found = [measured(fit, Sizes(rows=n, groups=n // PER_GROUP)) for n in counts]
        for n, each in zip(counts, found, strict=True):
            above = (each["peak"] - each["before"]) / 1e9
            rows.append({"what": f"{n:,} rows: {what}", "value": each["seconds"], "unit": "s"})
            rows.append({"what": f"{n:,} rows: memory of {what}", "value": above, "unit": "GB"})
        seconds = [each["seconds"] for each in found]
        power = {"what": f"power of the rows: {what}", "value": growth(counts, seconds), "unit": ""}
        rows.append(power)
    return rows


def growth(counts: Sequence[int], seconds: Sequence[float]) -> float:
    """Return the power of the counts that seconds grow with, by least squares of logarithms."""
    return float(np.polyfit(np.log(counts), np.log(seconds), 1)[0])
