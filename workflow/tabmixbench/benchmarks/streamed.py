"""Rows in a Parquet file: an exact fit and an epoch of a network, neither of which holds them.

``python -m tabmixbench.benchmarks.streamed --rows 5000000`` writes such a file and prints what
both take.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tabmixbench.benchmarks.process import PEAK, in_new_process
from tabmixbench.benchmarks.requirement import Row

FILE = "data/streamed/rows.parquet"
"""Where the workflow has the rows."""
PER_GROUP = 10
PER_REGION = 10_000
ROW_GROUP = 1 << 20

FIT = (
    PEAK
    + """
import json, sys, time
from tabmixnn import TabMixNNRegressor

used, start = time.process_time(), time.perf_counter()
model = TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[])
model.fit(sys.argv[1])
print(json.dumps({
    "seconds": time.process_time() - used, "elapsed": time.perf_counter() - start, "peak": peak(),
    "slope": float(model.fixef()["x"]), "sigma": model.sigma_,
    "sd": float(model.var_corr()["sdcor"].iloc[0]),
}))
"""
)

EPOCH = (
    PEAK
    + """
import json, sys, time
import torch
from tabmixnn import TabMixNNRegressor

torch.set_num_threads(1)
clock = []
model = TabMixNNRegressor(
    "y ~ x + (1 | region)", inference="variational", hidden_dims=[], batch_size=65_536, epochs=2,
    device="cpu", random_state=0,
    callbacks=[lambda epoch, record: clock.append((time.process_time(), time.perf_counter()))],
).fit(sys.argv[1])
seconds, elapsed = (end - start for start, end in zip(*clock))
print(json.dumps({
    "seconds": seconds, "elapsed": elapsed, "peak": peak(),
    "loss": float(model.history_["loss"].iloc[-1]),
}))
"""
)

FITS = {"exact fit": FIT, "an epoch": EPOCH}


def write_rows(path: str | Path, rows: int) -> None:
    """Write rows of y = 1 + x / 2 + u + v + e, standard normals x, u and e, in no order.

    ``g`` has ten rows a group, each with its u; ``region`` ten thousand rows each, with its v of
    deviation 0.5, which is another model's. Never more than a row group is in memory, besides u.

    Parameters
    ----------
    path : path
    rows : int
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    groups, regions = max(rows // PER_GROUP, 2), max(rows // PER_REGION, 2)
    u, v = rng.normal(size=groups), 0.5 * rng.normal(size=regions)
    types = {"y": pa.float64(), "x": pa.float64(), "g": pa.int32(), "region": pa.int32()}
    schema = pa.schema(list(types.items()))
    with pq.ParquetWriter(path, schema) as file:
        for start in range(0, rows, ROW_GROUP):
            n = min(ROW_GROUP, rows - start)
            g = rng.integers(0, groups, n, dtype=np.int32)
            region = g % regions
            x = rng.normal(size=n)
            y = 1.0 + 0.5 * x + u[g] + v[region] + rng.normal(size=n)
            columns = {"y": y, "x": x, "g": g, "region": region}
            file.write_table(pa.table(columns, schema=schema))


def measure(sizes: Mapping[str, Any], path: str | Path = FILE) -> list[Row]:
    """Measure both on the file of `sizes`, which the workflow has written."""
    rows: list[Row] = []
    for what, code in FITS.items():
        found = in_new_process(code, path)
        head = f"{sizes['streamed']:,} rows of Parquet: "
        elapsed = {"elapsed": found["elapsed"]}
        rows.append({"what": head + what, "value": found["seconds"], "unit": "s"} | elapsed)
        memory = {"what": head + f"memory of {what}", "value": found["peak"] / 1e9, "unit": "GB"}
        rows.append(memory)
    return rows


def main() -> None:
    """Write a file and print what is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.parquet")
        write_rows(path, rows)
        for row in measure({"streamed": rows}, path):
            print(json.dumps(row))


if __name__ == "__main__":
    main()
