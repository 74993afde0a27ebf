"""Seconds: of training, of inference, beside those of XGBoost and lme4."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.scores import target
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.tables.comparison import OURS
from tabmixbench.tables.results import Results

#: Share of the rows in a test set.
TEST = 0.2


def _seconds(results: Results, dataset: str, model: str, column: str) -> pd.Series:
    """Seconds by split of random row splits."""
    frame = results.metrics
    hit = frame.loc[
        (frame["dataset"] == dataset) & (frame["model"] == model) & (frame["protocol"] == "rows")
    ]
    return hit.drop_duplicates("split").set_index("split")[column]


@check
def training_seconds(evidence: Evidence, claim: Claim, *, dataset: str) -> Finding:
    """Median seconds of one fit with the paper's configuration."""
    seconds = _seconds(evidence.results, dataset, OURS, "fit_seconds")
    if seconds.empty:
        return Finding(missing=target("regression", dataset))
    return Finding(float(seconds.median()), note="median over the splits, on this run's machine")


@check
def comparable_training(
    evidence: Evidence, claim: Claim, *, dataset: str, rivals: Sequence[str], factor: float
) -> Finding:
    """Whether a fit takes at most `factor` times as long as XGBoost's."""
    results = evidence.results
    ours = _seconds(results, dataset, OURS, "fit_seconds")
    theirs = {rival: _seconds(results, dataset, rival, "fit_seconds") for rival in rivals}
    if ours.empty or any(seconds.empty for seconds in theirs.values()):
        return Finding(missing=target("regression", dataset))
    ratios = {rival: ours.median() / seconds.median() for rival, seconds in theirs.items()}
    note = ", ".join(f"{r:.1f} times {results.models[m].label}" for m, r in ratios.items())
    slowest = max(ratios.values())
    return Finding(slowest, holds=slowest <= factor, note=f"{note}; allowed: {factor:g}")


@check
def inference_ms(evidence: Evidence, claim: Claim, *, dataset: str) -> Finding:
    """Milliseconds a predicted row; the note gives the datasets where it takes longest."""
    sizes = evidence.frame("tables/table1.csv")
    if sizes is None:
        return Finding(missing="results/tables/table1.csv")
    sizes = sizes.set_index("dataset")["n"]
    frame = evidence.results.metrics
    ours = frame[(frame["model"] == OURS) & (frame["protocol"] == "rows")]
    seconds = ours[ours["dataset"].isin(sizes.index)].groupby("dataset")["predict_seconds"].median()
    if dataset not in seconds:
        return Finding(missing=target("regression", dataset))
    each = 1000 * seconds / (TEST * sizes.loc[seconds.index])
    note = (
        f"on {dataset}; median over {len(each)} datasets {each.median():.3f} ms, longest on "
        f"{each.idxmax()}, {each.max():.3f} ms"
    )
    return Finding(float(each[dataset]), note=note)


@check
def lme4_faster(evidence: Evidence, claim: Claim, *, dataset: str, fit: str) -> Finding:
    """Whether lmer needs less time than the paper's configuration of TabMixNN."""
    timing = evidence.frame("validation/timing.csv")
    ours = _seconds(evidence.results, dataset, OURS, "fit_seconds")
    if timing is None or ours.empty:
        return Finding(missing="results/validation.md")
    lmer = timing.set_index("fit")["lmer"].get(fit, float("nan"))
    if lmer != lmer:
        return Finding(missing="results/validation.md on a machine that has R with lme4")
    label = evidence.results.models[OURS].label
    note = f"{label} takes {ours.median() / lmer:.1f} times as long as lmer"
    return Finding(holds=lmer < ours.median(), note=note)
