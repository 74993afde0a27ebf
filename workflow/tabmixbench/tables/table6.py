"""Table 6: Abalone, mean squared error in squared rings."""

from __future__ import annotations

import pandas as pd

from tabmixbench.statistics import p_said
from tabmixbench.tables.cell import best
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

DATASET, SUITE = "Abalone", "table6"
ROWS = {
    "lightgbm_table6": "lightgbm",
    "xgboost_table6": "xgboost",
    "tabmixnn_table6": "tabmixnn",
}


def build(results: Results) -> Table:
    """MSE of the paper's three models beside its numbers, and the improvement over XGBoost."""
    paper = results.paper["table6"]
    cells = {model: results.cell(SUITE, DATASET, model, "MSE") for model in ROWS}
    bold = best(list(cells.values()), larger_is_better=False, digits=2)
    records, rows = [], []
    for (model, key), mark in zip(ROWS.items(), bold, strict=True):
        cell = cells[model]
        records.append(
            {"model": model, "mse_mean": cell.mean, "mse_sd": cell.sd, "paper": paper[key]}
        )
        label = Text(results.models[model].label)
        rows.append([label, Text(cell.text(2), mark), Text(f"{paper[key]:.2f}")])
    pair = SUITE, DATASET, "tabmixnn_table6", "xgboost_table6", "MSE"
    gain, test = results.gain(*pair), results.difference(*pair)
    records.append(
        {"model": "improvement_percent", "mse_mean": gain, "paper": paper["improvement"]}
    )
    p = f" ({p_said(test.p)})" if test else ""
    ours = Text("–" if gain != gain else f"{gain:+.1f}%{p}")
    rows.append([Text("TabMixNN over XGBoost"), ours, Text(f"{paper['improvement']:+.1f}%")])
    notes = [
        "MSE in squared rings, mean ± standard deviation over the random 80/20 row splits.",
        "Positive improvement: TabMixNN has the lower error. p is the corrected resampled t-test.",
    ]
    return Table(
        "Table 6. Abalone: error of predicting the number of rings",
        ["Method", "MSE", "paper: MSE"],
        rows,
        pd.DataFrame(records),
        notes,
    )
