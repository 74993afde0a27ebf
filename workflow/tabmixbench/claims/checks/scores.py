"""Cells: one model's score on one dataset."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.tables.cell import Cell
from tabmixbench.tables.results import Results

CHANCE = {"AUROC": 0.5}
"""What guessing gives."""


def target(suite: str, dataset: str) -> str:
    """The target that makes a dataset's scores."""
    return f"results/{suite}/{dataset}.csv"


@check
def score(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    dataset: str,
    metric: str,
    models: Sequence[str],
    beside: Sequence[str] = (),
) -> Finding:
    """Mean score of a model; of several models, the one nearest to the paper is held against it.

    `beside` names further models whose score the note gives and the verdict does not use.
    """
    results = evidence.results
    cells = {model: results.cell(suite, dataset, model, metric) for model in models}
    cells = {model: cell for model, cell in cells.items() if cell.splits}
    if not cells:
        return Finding(missing=target(suite, dataset))
    nearest = min(cells, key=lambda model: abs(cells[model].mean - claim.printed))
    others = {m: c for m, c in cells.items() if m != nearest}
    others |= {m: c for m in beside if (c := results.cell(suite, dataset, m, metric)).splits}
    note = "; ".join(_label(results, m, c) for m, c in others.items())
    if len(models) > 1:
        note = "; ".join(filter(None, [results.models[nearest].label, note]))
    gain = (cells[nearest].mean - claim.printed) * (1 if LARGER_IS_BETTER[metric] else -1)
    cell, chance = cells[nearest], CHANCE.get(metric, 0.0)
    if not cell.is_whole:
        note = "; ".join(filter(None, [f"on {cell.splits} of {cell.total} splits", note]))
    return Finding(cell.mean, cell.sd, better=gain > 0, note=note, chance=chance)


def _label(results: Results, model: str, cell: Cell) -> str:
    return f"{results.models[model].label}: {cell.text()}"


@check
def table_cell(evidence: Evidence, claim: Claim, *, table: str, row: str, column: str) -> Finding:
    """A number of one of our tables that has a row for every row of the paper's."""
    target = f"results/tables/{table}.csv"
    frame = evidence.frame(f"tables/{table}.csv")
    if frame is None or f"{column}_mean" not in frame:
        return Finding(missing=target)
    hit = frame.loc[frame.iloc[:, 0] == row]
    if hit.empty or hit[f"{column}_mean"].isna().all():
        return Finding(missing=target)
    mean, spread = (float(hit[f"{column}_{part}"].iloc[0]) for part in ("mean", "sd"))
    gain = (mean - claim.printed) * (1 if LARGER_IS_BETTER.get(column) else -1)
    longer = f"converged_{column}_mean"
    note = f"trained until converged: {hit[longer].iloc[0]:.3f}" if longer in hit else ""
    return Finding(mean, None if isnan(spread) else spread, better=gain > 0, note=note)
