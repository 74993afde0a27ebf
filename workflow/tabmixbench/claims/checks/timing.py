"""Seconds: of training, of inference, beside those of XGBoost and lme4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.scores import target
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.tables.comparison import OURS
from tabmixbench.tables.results import Results

#: Share of the rows in a test set.
TEST = 0.2
#: What has the seconds of a fit alone, and the target that makes it.
SPEED, ALONE = "benchmarks/speed.csv", "results/benchmarks/speed.md"


def _seconds(results: Results, dataset: str, model: str, column: str) -> pd.Series:
    """Seconds by split of random row splits."""
    frame = results.metrics
    hit = frame.loc[
        (frame["dataset"] == dataset) & (frame["model"] == model) & (frame["protocol"] == "rows")
    ]
    return hit.drop_duplicates("split").set_index("split")[column]


class OneFit(NamedTuple):
    """Seconds of one fit of the paper's configuration: at least, at most, and where from."""

    least: float
    most: float
    note: str


def _one_fit(evidence: Evidence, dataset: str) -> OneFit | None:
    """Seconds of one fit, timed alone where a benchmark has done so.

    A run fits its splits as one: alone, one takes at least its share of that time, and at most all
    of it. None where there is neither.
    """
    speed = evidence.frame(SPEED)
    if speed is not None:
        alone = speed.loc[speed["what"] == f"{dataset}: one fit", "seconds"].dropna()
        if len(alone):
            note = "one fit alone, processor time on one thread"
            return OneFit(float(alone.iloc[0]), float(alone.iloc[0]), note)
    frame = evidence.results.metrics
    ours = frame[(frame["dataset"] == dataset) & (frame["model"] == OURS)]
    shares = ours.drop_duplicates(["protocol", "split"])["fit_seconds"]
    if shares.empty:
        return None
    note = f"{len(shares)} splits were fitted as one: from the share of one to all of it"
    return OneFit(float(shares.median()), float(shares.sum()), note)


def _undecided() -> Finding:
    """Where the seconds of splits that were fitted as one do not tell what one alone takes."""
    return Finding(missing=ALONE)


@check
def training_seconds(evidence: Evidence, claim: Claim, *, dataset: str) -> Finding:
    """Seconds of one fit with the paper's configuration."""
    fit = _one_fit(evidence, dataset)
    if fit is None:
        return Finding(missing=target("regression", dataset))
    limit = claim.printed[1] if isinstance(claim.printed, tuple) else claim.printed
    if fit.least <= limit < fit.most:
        return _undecided()
    return Finding(fit.most if fit.most <= limit else fit.least, note=fit.note)


@check
def comparable_training(
    evidence: Evidence, claim: Claim, *, dataset: str, rivals: Sequence[str], factor: float
) -> Finding:
    """Whether a fit takes at most `factor` times as long as XGBoost's."""
    results, ours = evidence.results, _one_fit(evidence, dataset)
    theirs = {rival: _seconds(results, dataset, rival, "fit_seconds") for rival in rivals}
    if ours is None or any(seconds.empty for seconds in theirs.values()):
        return Finding(missing=target("regression", dataset))
    fastest = float(min(seconds.median() for seconds in theirs.values()))
    if ours.least <= factor * fastest < ours.most:
        return _undecided()
    seconds = ours.most if ours.most <= factor * fastest else ours.least
    note = ", ".join(
        f"{seconds / each.median():.1f} times {results.models[m].label}"
        for m, each in theirs.items()
    )
    return Finding(
        seconds / fastest,
        holds=seconds <= factor * fastest,
        note=f"{note}; allowed: {factor:g}; {ours.note}",
    )


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
    ours = _one_fit(evidence, dataset)
    if timing is None or ours is None:
        return Finding(missing="results/validation.md")
    lmer = float(timing.set_index("fit")["lmer"].get(fit, float("nan")))
    if lmer != lmer:
        return Finding(missing="results/validation.md on a machine that has R with lme4")
    if ours.least <= lmer < ours.most:
        return _undecided()
    seconds = ours.least if lmer < ours.least else ours.most
    label = evidence.results.models[OURS].label
    note = f"{label} takes {seconds / lmer:.1f} times as long as lmer; {ours.note}"
    return Finding(holds=lmer < seconds, note=note)
