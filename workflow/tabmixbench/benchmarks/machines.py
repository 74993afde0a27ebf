"""What files, Dask and several processes cost, at sizes that tell rows from groups.

``python -m tabmixbench.benchmarks.machines`` prints a row a measurement.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.benchmarks.simulated import BATCH_ROWS, SIMULATE, Sizes, measured
from tabmixbench.threads import with_threads

IN_MEMORY = {"exact": "exact fit in memory", "an epoch, [64, 32]": "epoch of [64, 32]"}
"""What `simulated.FITS` calls it, and what is said here."""
LEVELS, SUMS = "file: finding levels", "file: summing and fitting"
TWO = "epoch of [64, 32], 2 processes"

FILE = """
import pandas as pd
from tabmixnn import TabMixNNRegressor
from tabmixnn.formula import Formula
from tabmixnn.streaming import Source
from tabmixnn.streaming.design import design_of

path = sys.argv[2] + "/rows.parquet"
data = pd.DataFrame({f"x{j + 1}": x[:, j] for j in range(p)})
data["g"], data["y"] = np.sort(codes), y
data.to_parquet(path, row_group_size=1 << 18, index=False)
del x, y, codes, data
used = time.process_time()
design_of(
    Formula.parse(sizes["formula"]), Source.open(path), weights=None, unseen_levels="error",
    na_action="raise", progress=False,
)
levels = time.process_time() - used
used = time.process_time()
TabMixNNRegressor(sizes["formula"], inference="marginal", hidden_dims=[]).fit(path)
sums = time.process_time() - used - levels
print(json.dumps([levels, max(sums, 0.0)]))
"""

PROCESS = """
import pandas as pd, torch
from tabmixnn import TabMixNNRegressor

torch.set_num_threads(1)
data = pd.DataFrame({f"x{j + 1}": x[:, j] for j in range(p)})
data["g"], data["y"] = pd.Categorical(codes), y
del x, y, codes
clock = []
TabMixNNRegressor(
    sizes["formula"], inference="variational", batch_size=batch_rows, epochs=4, device="cpu",
    validation_fraction=0, random_state=0,
    callbacks=[lambda epoch, record: clock.append(time.process_time())],
).fit(data)
rank = os.environ["RANK"]
with open(f"{sys.argv[2]}/{rank}.json", "w") as file:
    json.dump(float(np.median(np.diff(clock))), file)
"""


def measure(sizes: Mapping[str, Any]) -> pd.DataFrame:
    """Measure all ways at all sizes.

    Parameters
    ----------
    sizes : mapping
        ``machines``: pairs of rows and groups.

    Returns
    -------
    DataFrame
        Columns way, rows, groups and seconds, of processor time; of the busiest process, if
        there are two.
    """
    return pd.DataFrame([row for pair in sizes["machines"] for row in _at(*pair)])


def _at(rows: int, groups: int) -> Iterator[dict[str, Any]]:
    sizes = Sizes(rows=rows, groups=groups)
    size = {"rows": rows, "groups": groups}
    for fit, way in IN_MEMORY.items():
        yield {"way": way, **size, "seconds": measured(fit, sizes)["seconds"]}
    with TemporaryDirectory() as folder:
        given = json.dumps(asdict(sizes) | {"formula": sizes.formula})
        levels, sums = in_new_process(SIMULATE + FILE, given, folder)
        yield {"way": LEVELS, **size, "seconds": levels}
        yield {"way": SUMS, **size, "seconds": sums}
        yield {"way": TWO, **size, "seconds": _two_processes(given, folder)}


def _two_processes(given: str, folder: str) -> float:
    script = f"{folder}/fit.py"
    with open(script, "w") as file:
        file.write(f"import os\nbatch_rows = {BATCH_ROWS}\n{SIMULATE}{PROCESS}")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", script, given, folder]
    paths = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(command, capture_output=True, text=True, env=with_threads(1) | paths)
    if done.returncode:
        raise RuntimeError(f"A measurement failed: {done.stderr.strip()[-500:]}")
    return max(json.loads(Path(folder, f"{rank}.json").read_text()) for rank in range(2))
