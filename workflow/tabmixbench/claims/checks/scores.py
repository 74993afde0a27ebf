"""Cells: one model's score on one dataset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from types import MappingProxyType

import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.tables.cell import Cell
from tabmixbench.tables.reliability import UNINFORMED
from tabmixbench.tables.results import Results

CHANCE = {"AUROC": 0.5}
"""What guessing gives, whatever the data."""
UNITS = "_units"
"""How the name of an error ends that is in the target's own units."""


def target(suite: str, dataset: str) -> str:
    """The target that makes a dataset's scores."""
    return f"results/{suite}/{dataset}.csv"


def chance(results: Results, dataset: str, metric: str) -> float:
    """What guessing gives: the mean score of the model that predicts the same for every row.

    ``RMSE_units`` and ``MAE_units`` are its errors in the target's own units. Zero where it has no
    score: then it is the value itself that a spread is held against.
    """
    if metric in CHANCE:
        return CHANCE[metric]

    def scores(name: str) -> pd.Series:
        found = (
            results.scores(suite, dataset, UNINFORMED, name)
            for suite in results.registry[dataset].suites
        )
        return next((each for each in found if len(each)), pd.Series(dtype=float))

    guessed = scores(metric.removesuffix(UNITS))
    if metric.endswith(UNITS):
        guessed = guessed * scores("MSE") ** 0.5 / scores("RMSE")
    mean = float(guessed.mean())
    return 0.0 if isnan(mean) else mean


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
    cell, guessed = cells[nearest], chance(results, dataset, metric)
    if not cell.is_whole:
        note = "; ".join(filter(None, [f"on {cell.splits} of {cell.total} splits", note]))
    return Finding(cell.mean, cell.sd, better=gain > 0, note=note, chance=guessed)


def _label(results: Results, model: str, cell: Cell) -> str:
    return f"{results.models[model].label}: {cell.text()}"


@check
def table_cell(
    evidence: Evidence,
    claim: Claim,
    *,
    table: str,
    row: str,
    column: str,
    dataset: str,
    guess: str | None = None,
    longer: Mapping[str, str] = MappingProxyType({}),
) -> Finding:
    """A number of one of our tables that has a row for every row of the paper's.

    `dataset` is what the table is of, `guess` the score that guessing is measured by, where the
    column does not name it. `longer` names further trainings of the table, which the note gives
    with their best epochs and the verdict does not use, and says what each is.
    """
    target = f"results/tables/{table}.csv"
    frame = evidence.frame(f"tables/{table}.csv")
    if frame is None or f"{column}_mean" not in frame:
        return Finding(missing=target)
    hit = frame.loc[frame.iloc[:, 0] == row]
    if hit.empty or hit[f"{column}_mean"].isna().all():
        return Finding(missing=target)
    mean, spread = (float(hit[f"{column}_{part}"].iloc[0]) for part in ("mean", "sd"))
    gain = (mean - claim.printed) * (1 if LARGER_IS_BETTER.get(column) else -1)
    note = "; ".join(_longer(hit.iloc[0], column, longer))
    guessed = chance(evidence.results, dataset, guess or column)
    spread = None if isnan(spread) else spread
    return Finding(mean, spread, better=gain > 0, note=note, chance=guessed)


def _longer(row: pd.Series, column: str, trainings: Mapping[str, str]) -> Iterator[str]:
    """What a row scores in further trainings, and the epochs whose weights it kept there."""
    for name, words in trainings.items():
        if f"{name}_{column}_mean" in row:
            epochs = row.get(f"{name}_best_epochs")
            best = f" (best epochs {epochs})" if isinstance(epochs, str) and epochs else ""
            yield f"{words}: {row[f'{name}_{column}_mean']:.3f}{best}"
