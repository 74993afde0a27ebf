"""How far probabilities are from what happens: the calibration error, set by set."""

from __future__ import annotations

import pandas as pd

from tabmixbench.tables.cell import best
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

SUITE, METRIC = "classification", "ECE"
UNINFORMED = "constant"
"""The model that says the prevalence of every row: it is calibrated, and of no use."""


def build(results: Results) -> Table:
    """Expected calibration error of every model on every classification set, and on average."""
    models = [
        model
        for model in results.models_of(SUITE)
        if any(len(results.scores(SUITE, d, model, METRIC)) for d in results.datasets(SUITE))
    ]
    records, rows = [], []
    for dataset in results.datasets(SUITE):
        cells = [results.cell(SUITE, dataset, model, METRIC) for model in models]
        judged = [m for m in models if m != UNINFORMED]
        found = [cell for m, cell in zip(models, cells, strict=True) if m != UNINFORMED]
        bold = dict(zip(judged, best(found, larger_is_better=False), strict=True))
        texts = [Text(c.text(), bold.get(m, False)) for m, c in zip(models, cells, strict=True)]
        rows.append([Text(results.registry[dataset].title), *texts])
        records += [
            {"dataset": dataset, "model": model, "ece": cell.mean, "sd": cell.sd}
            for model, cell in zip(models, cells, strict=True)
        ]
    data = pd.DataFrame(records, columns=["dataset", "model", "ece", "sd"])
    means = data.groupby("model", sort=False)["ece"].agg(["mean", "count"])
    shown = [f"{means['mean'][m]:.3f} ({means['count'][m]})" for m in models]
    if models:
        rows.append([Text("mean (sets)"), *map(Text, shown)])
    notes = [
        "Expected calibration error over ten bins of equal width (Guo et al. 2017), mean ± "
        "standard deviation over the random 80/20 row splits: how far the share of class 1 is from "
        "the probability given, on average over test rows. A small test set alone makes it larger "
        "than zero: with 100 rows about 0.1 for a model that is right.",
    ]
    if UNINFORMED in models:
        notes.append(
            "The best mean is in bold but for that of the constant, which is calibrated without "
            "telling any row from another."
        )
    header = ["Dataset", *(results.models[model].label for model in models)]
    return Table("Calibration error of probabilities", header, rows, data, notes)
