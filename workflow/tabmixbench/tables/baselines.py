"""Our baselines beside the same models run elsewhere: is any of them misconfigured?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import pandas as pd

from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.tables.cell import Cell
from tabmixbench.tables.results import Results
from tabmixbench.tables.table import Table, Text

#: Standard errors of the difference of two means over five splits each, beyond which it counts.
NOISE = 2.5
#: Models of which only the kind is the same elsewhere.
OTHER_SETTINGS = ("catboost", "gpboost", "mlp")


def build(results: Results, reference: str | Path) -> Table:
    """One row a (dataset, model) pair that both ran; what is worse than noise allows is in bold.

    Parameters
    ----------
    results : Results
        Our scores.
    reference : path
        ``data/reference/baselines.csv``: dataset, model, metric, mean, sd, splits.
    """
    records = list(_compare(results, pd.read_csv(reference)))
    rows = [
        [
            Text(results.registry[record["dataset"]].title),
            Text(results.models[record["model"]].label),
            Text(record["metric"]),
            Text(Cell(record["ours"], record["ours_sd"], 5).text(), record["verdict"] == "worse"),
            Text(Cell(record["theirs"], record["theirs_sd"], 5).text()),
            Text(f"{record['deviations']:+.1f}"),
            Text(record["verdict"]),
        ]
        for record in records
    ]
    data = pd.DataFrame(records)
    counts = Counter(record["verdict"] for record in records)
    notes = [
        f"{counts['within noise']} of {len(data)} agree, {counts['better']} are "
        f"better here, {counts['worse']} are worse here.",
        f"Both sides are means over five random 80/20 row splits, but not the same ones; a "
        f"difference of more than {NOISE} standard errors counts. Deviations are positive where "
        "ours is better.",
        "Our splits keep every group in training where it has two rows or more, the others did "
        "not, which changes small sets with many groups (Pastes, Machines, guImmun).",
        "statsmodels is compared with lme4: the same model of the formula, but for binary outcomes "
        "fitted by variational Bayes.",
    ]
    models = "Baselines"
    if any(record["model"] in OTHER_SETTINGS for record in records):
        models = "Baselines and peers"
        notes.append("CatBoost, GPBoost and the MLP elsewhere had other settings than ours.")
    header = ["Dataset", "Model", "score", "ours", "elsewhere", "deviations", "verdict"]
    return Table(f"{models} beside the same models run elsewhere", header, rows, data, notes)


def _compare(results: Results, reference: pd.DataFrame) -> Iterator[dict]:
    for other in reference.itertuples():
        if other.dataset not in results.registry or other.model not in results.models:
            continue
        suite = results.registry[other.dataset].suites[0]
        cell = results.cell(suite, other.dataset, other.model, other.metric)
        if not cell.splits:
            continue
        error = sqrt(cell.sd**2 / cell.splits + other.sd**2 / other.splits)
        gain = (cell.mean - other.mean) * (1 if LARGER_IS_BETTER[other.metric] else -1)
        deviations = gain / error if error > 0 else 0.0
        verdict = "within noise" if abs(deviations) <= NOISE else "better" if gain > 0 else "worse"
        yield {
            "dataset": other.dataset,
            "model": other.model,
            "metric": other.metric,
            "ours": cell.mean,
            "ours_sd": cell.sd,
            "theirs": other.mean,
            "theirs_sd": other.sd,
            "deviations": deviations,
            "verdict": verdict,
        }
