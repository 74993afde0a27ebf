"""Importing an estimator beside ``import torch``, each in new processes, in turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.benchmarks.requirement import Row

IMPORT = """
import time
start = time.process_time()
{}
print(time.process_time() - start)
"""


def measure(sizes: Mapping[str, Any]) -> list[Row]:
    """Compare median processor times."""
    # ``import tabmixnn`` alone loads nothing.
    ours, theirs = "from tabmixnn import TabMixNNRegressor", "import torch"
    seconds: dict[str, list[float]] = {ours: [], theirs: []}
    for _ in range(max(sizes["repeats"] // 4, 1)):
        for name, values in seconds.items():
            values.append(in_new_process(IMPORT.format(name)))
    ratio = float(np.median(seconds[ours]) / np.median(seconds[theirs]))
    return [{"what": "import", "value": ratio, "unit": "of torch's time"}]
