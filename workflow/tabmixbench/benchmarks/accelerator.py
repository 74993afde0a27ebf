"""An accelerator beside the CPU: the same networks, their epochs' seconds and how far they differ.

It needs no Snakemake, so that it runs where there is an accelerator and little else:
``measure(sizes).to_csv(path)`` is what rule `accelerator` keeps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pandas as pd

from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.tables.table import Table, Text

NETWORKS: Mapping[str, dict[str, Any]] = {
    "[64, 32]": {},
    "[64, 32], 15 stacked": {"stacked": 15},
    "[256, 128]": {"hidden_dims": [256, 128]},
    "[1024, 512]": {"hidden_dims": [1024, 512]},
    "[16], causal structure": {
        "use_static_structure": True,
        "use_dynamic_structure": True,
        "hidden_dims": [16],
    },
    "manifold, 8 × 8": {
        "architecture": "manifold",
        "manifold_configs": [{"grid_shape": [8, 8], "use_sem": True}],
        "hidden_dims": [64, 32],
    },
}
"""Options of the networks, and how many are trained as one."""
TOLERANCE = 1e-3
"""Largest relative difference of an epoch's loss that counts as none."""

FIT = """
import json, sys, time
import numpy as np, pandas as pd, torch
from tabmixnn import TabMixNNRegressor, fit_together
from tabmixnn.training.device import ACCELERATORS

options, sizes = json.loads(sys.argv[1]), json.loads(sys.argv[2])
found = [name for name, has in ACCELERATORS.items() if has()]
if not found:
    print(json.dumps({"reason": "torch finds no accelerator on this machine"}))
    sys.exit()
rows, groups, features = sizes["rows"], sizes["groups"], sizes["features"]
rng = np.random.default_rng(0)
codes = rng.permutation(np.arange(rows) % groups)
x = rng.normal(size=(rows, features))
data = pd.DataFrame({f"x{j}": x[:, j] for j in range(features)})
data["g"] = pd.Categorical(codes)
data["y"] = np.sin(x[:, 0]) * x[:, 1] + rng.normal(size=groups)[codes] + rng.normal(size=rows)
formula = f"y ~ {' + '.join(f'x{j}' for j in range(features))} + (1 | g)"
stacked = options.pop("stacked", 1)
# What rounding alone does to a fit in so many steps: features changed in float32's last digit.
rounded = data.copy()
rounded.iloc[:, :features] *= 1 + 1e-7 * rng.normal(size=(rows, features))


def fit(device, epochs, data=data):
    ticks = []
    models = [
        TabMixNNRegressor(
            formula, inference="variational", batch_size=sizes["batch"], epochs=epochs,
            validation_fraction=0, random_state=seed, device=device,
            callbacks=[lambda epoch, record: ticks.append(time.perf_counter())], **options,
        )
        for seed in range(stacked)
    ]
    models = fit_together(models, [data] * stacked)
    # The first epoch warms up.
    seconds = np.diff(sorted(ticks)[stacked - 1 :: stacked]) if epochs > 1 else [0.0]
    return models, float(np.median(seconds))


def difference(model):
    losses = [each.history_["loss"].to_numpy() for each in (here, model)]
    change = model.predict(head) - here.predict(head)
    return [float(np.abs(losses[1] / losses[0] - 1).max()), float(np.sqrt((change**2).mean()))]


(*_, here), cpu_seconds = fit("cpu", sizes["epochs"])
(*_, there), accelerator_seconds = fit(found[0], sizes["epochs"])
(*_, again), _ = fit("cpu", sizes["epochs"], rounded)
head, sd = data[:10_000], data["y"].std()
losses, predictions = zip(difference(there), difference(again))
name = torch.cuda.get_device_name() if found[0] == "cuda" else found[0]
print(json.dumps({
    "accelerator": name, "torch": torch.__version__, "threads": torch.get_num_threads(),
    "cpu_seconds": cpu_seconds / stacked, "accelerator_seconds": accelerator_seconds / stacked,
    "loss_difference": losses[0], "loss_rounding": losses[1],
    "difference": predictions[0] / sd, "rounding": predictions[1] / sd,
    "auto": fit("auto", 1)[0][0].engine_.device.type,
}))
"""


def measure(sizes: Mapping[str, Any], report: Callable[[str], None] = print) -> pd.DataFrame:
    """Fit every network on both, in batches of every size.

    Parameters
    ----------
    sizes : mapping
        ``rows``, ``groups``, ``features``, ``epochs``, and ``batches``, a list.
    report : callable
        Is told each as it comes.

    Returns
    -------
    DataFrame
        Columns network, batch, and accelerator (its name), torch (version), threads (of the CPU),
        cpu_seconds and accelerator_seconds of an epoch of one model, loss_difference (largest
        relative one of an epoch between the two), difference (root mean square, of predictions,
        in standard deviations of the outcome), loss_rounding and rounding (the same between two
        fits on the CPU, one with features changed in their last digit) and auto (what
        ``device="auto"`` trains on). Without an accelerator: reason.
    """
    records: list[dict[str, Any]] = []
    for batch, (name, options) in product(sizes["batches"], NETWORKS.items()):
        given = json.dumps({**sizes, "batch": batch})
        found = in_new_process(FIT, json.dumps(options), given, threads=None)
        if "reason" in found:
            return pd.DataFrame([found])
        records.append({"network": name, "batch": batch} | found)
        report(f"{name}, {batch:,} rows a batch: {found}")
    return pd.DataFrame(records)


def accelerator_table(found: pd.DataFrame) -> Table:
    """One row a network and size of batches; without an accelerator, none and the reason."""
    header = ["network", "rows a batch", "CPU (s an epoch)", "accelerator (s)", "CPU / accelerator"]
    header += ["“auto” takes", "loss differs by", "rounding: by", "predictions differ by"]
    header += ["rounding: by"]
    title = "An accelerator beside the CPU"
    if "reason" in found:
        return Table(title, header, [], found, [f"Not measured: {found['reason'].iloc[0]}."])
    texts = [
        [
            Text(row.network),
            Text(f"{row.batch:,}"),
            Text(f"{row.cpu_seconds:.3g}"),
            Text(f"{row.accelerator_seconds:.3g}"),
            Text(f"{row.cpu_seconds / row.accelerator_seconds:.2g}"),
            Text("CPU" if row.auto == "cpu" else "accelerator"),
            Text(f"{row.loss_difference:.0e}", bold=row.loss_difference > TOLERANCE),
            Text(f"{row.loss_rounding:.0e}"),
            Text(f"{row.difference:.0e}"),
            Text(f"{row.rounding:.0e}"),
        ]
        for row in found.itertuples()
    ]
    first, same = found.iloc[0], int((found["loss_difference"] <= TOLERANCE).sum())
    notes = [
        f"{same} of {len(found)} fits have the same loss on both, in every epoch, to "
        f"{TOLERANCE:g} of it. Random numbers are drawn on the CPU for both. Predictions: the root "
        "mean square of differences in standard deviations of the outcome. Adam divides gradients "
        "by their size, so steps of parameters without influence are all rounding; “rounding” is "
        "what features changed in the last digit of float32 do to a fit on the CPU.",
        f"{first['accelerator']} beside {first['threads']} threads of its machine's CPU, torch "
        f"{first['torch']}; wall-clock seconds of an epoch of one model, data on the device.",
    ]
    return Table(title, header, texts, found, notes)
