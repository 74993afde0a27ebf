"""How time and memory of the exact fit grow with the rows: 1e5, 1e6, 1e7, ten rows a group.

``python -m tabmixbench.benchmarks.growth`` prints the table. Every size is fitted in a process of
its own, which reports its peak memory; what the process holds before the fit, its data included,
is reported beside it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.benchmarks.peak import PEAK
from tabmixbench.tables.table import Table, Text

ROWS = (100_000, 1_000_000, 10_000_000)
PER_GROUP = 10
MAX_SECONDS, MAX_GIGABYTES = 5.0, 1.5
"""What the largest fit may take."""

MEASURE = (
    PEAK
    + """
import json, sys, time
import numpy as np
from types import SimpleNamespace
from tabmixnn.inference.marginal import fit_lmm

n, per_group = int(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
codes = np.repeat(np.arange(n // per_group), per_group)
X = np.ones((n, 2))
X[:, 1] = rng.normal(size=n)
y = rng.normal(size=n)
y += 1.0 + 0.5 * X[:, 1] + rng.normal(size=n // per_group)[codes]
block = SimpleNamespace(
    group="g", names=["(Intercept)"], codes=codes, levels=range(n // per_group),
    Z=np.ones((n, 1)), correlated=True,
)
before = peak()
start, used = time.perf_counter(), time.process_time()
fit = fit_lmm(X, y, [block])
print(json.dumps({
    "n": n, "groups": n // per_group, "seconds": time.process_time() - used,
    "elapsed": time.perf_counter() - start,
    "before": before, "peak": peak(), "evaluations": fit.n_eval,
    "sd": float(np.sqrt(fit.G[0][0, 0])), "sigma": float(fit.sigma), "slope": float(fit.beta[1]),
}))
"""
)


def measured(n: int, per_group: int = PER_GROUP) -> dict[str, Any]:
    """Fit a random intercept to n rows in a new process.

    Returns
    -------
    dict
        ``n``, ``groups``, ``seconds`` of processor time and ``elapsed`` ones of the fit, bytes
        ``before`` it and at the ``peak``, ``evaluations``, and the estimates ``sd``, ``sigma`` and
        ``slope`` (truth: 1, 1, 0.5).

    Raises
    ------
    RuntimeError
        If the process fails.
    """
    command = [sys.executable, "-c", MEASURE, str(n), str(per_group)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The fit to {n:,} rows failed: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout)


def growth_table(rows: pd.DataFrame) -> Table:
    """One row a size."""
    power = np.polyfit(np.log(rows["n"]), np.log(rows["seconds"]), 1)[0]
    texts = [
        [
            Text(f"{row.n:,}"),
            Text(f"{row.groups:,}"),
            Text(f"{row.seconds:.2f}"),
            Text(f"{row.elapsed:.2f}"),
            Text(f"{1e9 * row.seconds / row.n:.0f}"),
            Text(f"{row.before / 1e9:.2f}"),
            Text(f"{row.peak / 1e9:.2f}"),
            Text(f"{row.sd:.4f}"),
            Text(f"{row.sigma:.4f}"),
            Text(f"{row.slope:.4f}"),
        ]
        for row in rows.itertuples()
    ]
    last = rows.to_dict("records")[-1]
    within = last["seconds"] <= MAX_SECONDS and last["peak"] <= MAX_GIGABYTES * 1e9
    notes = [
        f"REML fit of y ~ x + (1 | g) from arrays, {PER_GROUP} rows a group, one thread: seconds "
        "of processor time, which other processes do not lengthen, and elapsed; GB of the process "
        "before the fit (its data included) and at its peak. True values: sd and sigma 1, slope "
        "0.5.",
        f"Time grows with the rows to the power {power:.2f}.",
        f"{last['n']:,} rows: {last['seconds']:.1f} s of processor time and "
        f"{last['peak'] / 1e9:.2f} GB, {'within' if within else 'beyond'} {MAX_SECONDS:g} s and "
        f"{MAX_GIGABYTES:g} GB.",
    ]
    header = ["n", "groups", "seconds", "elapsed", "ns a row", "GB before", "GB peak"]
    header += ["sd", "sigma", "slope"]
    return Table("Growth of the exact fit", header, texts, rows, notes)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    given = parser.parse_args()
    print(growth_table(pd.DataFrame([measured(n) for n in given.rows])).markdown())


if __name__ == "__main__":
    main()
