"""Table 7: which configuration is best, and by how much rows differ."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence

TABLE = "results/tables/table7.csv"
#: The score in the paper's unit, milliseconds.
RMSE = "RMSE_units"


def _scores(evidence: Evidence, rows: Sequence[str], column: str) -> pd.DataFrame | None:
    """Mean and sd of some rows by name; None where one of them has not been run."""
    frame = evidence.frame("tables/table7.csv")
    if frame is None or f"{column}_mean" not in frame:
        return None
    frame = frame.set_index("configuration")
    if not set(rows) <= set(frame.index):
        return None
    chosen = frame.loc[list(rows), [f"{column}_mean", f"{column}_sd"]]
    chosen.columns = ["mean", "sd"]
    return None if chosen["mean"].isna().any() else chosen


def _category(evidence: Evidence, category: str) -> list[str]:
    return [f"{category}/{name}" for name in evidence.results.paper["table7"][category]]


def _listing(scores: pd.DataFrame) -> str:
    return ", ".join(f"{name.split('/')[1]} {row['mean']:.2f}" for name, row in scores.iterrows())


@check
def best_of_category(
    evidence: Evidence, claim: Claim, *, category: str, best: Sequence[str]
) -> Finding:
    """Whether one of the configurations in `best` has the lowest RMSE of its category."""
    scores = _scores(evidence, _category(evidence, category), RMSE)
    if scores is None:
        return Finding(missing=TABLE)
    winner = scores["mean"].idxmin()
    return Finding(holds=winner in {f"{category}/{name}" for name in best}, note=_listing(scores))


@check
def change(
    evidence: Evidence, claim: Claim, *, row: str, reference: str, worse: bool = True
) -> Finding:
    """Change of the RMSE in percent from one row to another, positive as the paper counts it."""
    scores = _scores(evidence, [row, reference], RMSE)
    if scores is None:
        return Finding(missing=TABLE)
    value, base = scores["mean"]
    sign = 1 if worse else -1
    relative = scores["sd"] / scores["mean"]
    spread = 100 * value / base * float((relative**2).sum() ** 0.5)
    return Finding(100 * sign * (value / base - 1), spread, note=_listing(scores))


@check
def between(
    evidence: Evidence,
    claim: Claim,
    *,
    row: str,
    reference: str,
    low: float | None = None,
    high: float | None = None,
) -> Finding:
    """Whether the RMSE changes by `low` to `high` percent from `reference` to `row`."""
    scores = _scores(evidence, [row, reference], RMSE)
    if scores is None:
        return Finding(missing=TABLE)
    percent = 100 * (scores["mean"].iloc[0] / scores["mean"].iloc[1] - 1)
    holds = (low is None or percent >= low) and (high is None or percent <= high)
    return Finding(percent, holds=holds, note=_listing(scores))


@check
def category_range(evidence: Evidence, claim: Claim, *, category: str, below: float) -> Finding:
    """Whether best and worst of a category are less than `below` percent apart."""
    scores = _scores(evidence, _category(evidence, category), RMSE)
    if scores is None:
        return Finding(missing=TABLE)
    percent = 100 * (scores["mean"].max() / scores["mean"].min() - 1)
    return Finding(percent, holds=percent < below, note=_listing(scores))


@check
def widest_category(evidence: Evidence, claim: Claim, *, category: str) -> Finding:
    """Whether the largest ratio of worst to best RMSE is found in this category."""
    ratios = {}
    for name in evidence.results.paper["table7"]:
        scores = _scores(evidence, _category(evidence, name), RMSE)
        if scores is None:
            return Finding(missing=TABLE)
        ratios[name] = scores["mean"].max() / scores["mean"].min()
    note = ", ".join(f"{name} {100 * (ratio - 1):.0f}%" for name, ratio in ratios.items())
    return Finding(holds=max(ratios, key=ratios.get) == category, note=f"worst over best: {note}")


@check
def explains_nothing(evidence: Evidence, claim: Claim, *, row: str, below: float) -> Finding:
    """Whether a configuration has an R² below `below`."""
    scores = _scores(evidence, [row], "R2")
    if scores is None:
        return Finding(missing=TABLE)
    value = float(scores["mean"].iloc[0])
    return Finding(value, holds=value < below, note=f"R², held against {below}")


@check
def multitask_gain(evidence: Evidence, claim: Claim, *, column: str, larger: bool) -> Finding:
    """Improvement in percent of the better multitask model of Table 5 over the single tasks."""
    frame = evidence.frame("tables/table5.csv")
    column = f"{column}_mean"
    if frame is None or frame[column].isna().any():
        return Finding(missing="results/tables/table5.csv")
    scores = frame.set_index("configuration")[column]
    both = scores[["multitask", "multitask_sem"]]
    best = both.max() if larger else both.min()
    percent = 100 * (best / scores["single_task"] - 1) * (1 if larger else -1)
    spread = frame.set_index("configuration")[column.replace("_mean", "_sd")]
    return Finding(percent, 100 * float(spread.mean() / scores["single_task"]))


@check
def multitask_order(
    evidence: Evidence, claim: Claim, *, better: str, worse: str, columns: Sequence[str]
) -> Finding:
    """Whether one row of Table 5 is better than another in every named score."""
    frame = evidence.frame("tables/table5.csv")
    if frame is None:
        return Finding(missing="results/tables/table5.csv")
    rows = frame.set_index("configuration").loc[[better, worse]]
    gains = {}
    for column in columns:
        ours, other = rows[f"{column}_mean"]
        if ours != ours or other != other:
            return Finding(missing="results/tables/table5.csv")
        gains[column] = (ours - other) * (-1 if column in ("RMSE", "MAE") else 1)
    note = ", ".join(f"{column} {gain:+.3f}" for column, gain in gains.items())
    return Finding(holds=min(gains.values()) > 0, note=f"better by: {note}")


@check
def layers(evidence: Evidence, claim: Claim, *, row: str) -> Finding:
    """How many hidden layers Table 7 lists for a configuration named after their widths."""
    widths = [part for part in row.split("_") if part.isdigit()]
    return Finding(len(widths), note=f"Table 7 lists {', '.join(widths)}")
