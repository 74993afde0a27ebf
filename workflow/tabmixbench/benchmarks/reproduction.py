"""The reproduction itself: where its time went, and what a run with nothing changed takes."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tabmixbench.benchmarks.requirement import Row

TIMINGS = Path("results/tables/timings.csv")
INSIDE = ": inside the models"
CORES = 2


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Read the timings of the last reproduction, and ask Snakemake what there is to do."""
    return [*time_spent(TIMINGS), nothing_changed()]


def time_spent(path: Path) -> list[Row]:
    """Return the time of all jobs on two cores, and the share of it inside the models.

    Parameters
    ----------
    path : Path
        Of the table that rule `timings` makes.
    """
    wanted = ("reproduction: two cores", "reproduction: inside the models")
    if not path.exists():
        reason = f"there is no {path}: run snakemake first"
        return [{"what": what, "reason": reason} for what in wanted]
    timings = pd.read_csv(path).set_index("part")["seconds"]
    inside = timings[timings.index.str.endswith(INSIDE)].sum()
    values = timings.sum() / 60 / CORES, 100 * inside / timings.sum()
    units = f"minutes (all jobs, divided by {CORES})", "% of the jobs' time"
    return [
        {"what": what, "value": float(value), "unit": unit}
        for what, value, unit in zip(wanted, values, units, strict=True)
    ]


def nothing_changed() -> Row:
    """Time Snakemake finding out that all is up to date; it starts no job if something is not."""
    what = "reproduction: nothing changed"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--dry-run", "--quiet", "rules"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    said = done.stdout + done.stderr
    if done.returncode:
        return {"what": what, "reason": f"snakemake failed: {said.strip()[-200:]}"}
    if "Nothing to be done" not in said:
        jobs = re.search(r"^total\s+(\d+)", said, re.MULTILINE)
        count = f"{jobs[1]} jobs" if jobs else "jobs"
        return {"what": what, "reason": f"the results are not up to date here: {count} to run"}
    return {"what": what, "value": seconds, "unit": "s"}
