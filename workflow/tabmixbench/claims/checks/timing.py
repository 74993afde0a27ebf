"""Seconds: of training, of inference, beside those of XGBoost and lme4."""

from __future__ import annotations

from math import isnan
from typing import NamedTuple

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.scores import target
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence
from tabmixbench.tables.comparison import OURS

#: Share of the rows in a test set.
TEST = 0.2
#: What has the seconds of a fit alone and of fits that take turns, and the target that makes it.
SPEED, ALONE = "benchmarks/speed.csv", "results/benchmarks/speed.md"
TURNS = "fits that took turns, processor time on one thread"


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


@check
def training_seconds(evidence: Evidence, claim: Claim, *, dataset: str) -> Finding:
    """Seconds of one fit with the paper's configuration."""
    fit = _one_fit(evidence, dataset)
    if fit is None:
        return Finding(missing=target("regression", dataset))
    limit = claim.printed[1] if isinstance(claim.printed, tuple) else claim.printed
    if fit.least <= limit < fit.most:
        return Finding(missing=ALONE)
    return Finding(fit.most if fit.most <= limit else fit.least, note=fit.note)


@check
def comparable_training(evidence: Evidence, claim: Claim, *, what: str, factor: float) -> Finding:
    """Whether a fit takes at most `factor` times as long as XGBoost's, the two taking turns.

    `what` is the row of the benchmark of speed that has the ratio.
    """
    found = _in_turns(evidence, what)
    if isinstance(found, Finding):
        return found
    note = f"allowed: {factor:g}; XGBoost has the ids; {TURNS}"
    return Finding(found, holds=found <= factor, note=note)


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
def lme4_faster(evidence: Evidence, claim: Claim, *, what: str) -> Finding:
    """Whether lmer needs less time than the paper's configuration, the two taking turns.

    `what` is the row of the benchmark of speed that has the ratio.
    """
    found = _in_turns(evidence, what)
    if isinstance(found, Finding):
        return found
    label = evidence.results.models[OURS].label
    note = f"{label} takes {found:.1f} times as long as lmer; {TURNS}"
    return Finding(found, holds=found > 1, note=note)


def _in_turns(evidence: Evidence, what: str) -> float | Finding:
    """A ratio of the benchmark of speed, or that it has not been, or cannot be, measured.

    Seconds of two runs say nothing about each other: the machine was busy with other things.
    """
    speed = evidence.frame(SPEED)
    if speed is None or what not in set(speed["what"]):
        return Finding(missing=ALONE)
    row = speed.set_index("what").loc[what]
    if isnan(row["value"]):
        return Finding(note=f"not timed in turns: {row['reason']}", is_testable=False)
    return float(row["value"])
