"""TabMixNN beside XGBoost: improvements, wins, averages, who is ahead where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.scores import chance, target
from tabmixbench.claims.claim import Claim, Finding, all_hold
from tabmixbench.claims.evidence import Evidence
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.statistics import LEVEL, p_said
from tabmixbench.tables import averages
from tabmixbench.tables.comparison import OURS, RIVALS
from tabmixbench.tables.results import Results, improvement
from tabmixbench.tables.table2 import SUITES


@check
def improvement_over(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    dataset: str,
    metric: str,
    rivals: Sequence[str] = RIVALS,
    ours: str = OURS,
    absolute: bool = False,
) -> Finding:
    """Improvement of means in percent over the rival that brings it nearest to the paper's.

    With `absolute`, the difference of the scores instead of percent.
    """
    results, found = evidence.results, {}
    for rival in rivals:
        both = averages.paired(results, suite, dataset, metric, ours, rival)
        if len(both):
            gain = _gain(*both.mean(), metric, absolute)
            found[rival] = gain, float(_gains_by_split(both, metric, absolute).std(ddof=1))
    if not found:
        return Finding(missing=target(suite, dataset))
    nearest = min(found, key=lambda rival: abs(found[rival][0] - claim.printed))
    unit, digits = ("", 3) if absolute else ("%", 1)
    notes = [
        f"over {results.models[rival].label}: {gain:+.{digits}f}{unit}"
        + _p(results, suite, dataset, metric, ours, rival)
        for rival, (gain, _) in found.items()
    ]
    value, spread = found[nearest]
    return Finding(value, spread, better=value > claim.printed, note="; ".join(notes))


def _gain(ours: float, rival: float, metric: str, absolute: bool) -> float:
    larger = LARGER_IS_BETTER[metric]
    if absolute:
        return (ours - rival) * (1 if larger else -1)
    return improvement(ours, rival, larger)


def _gains_by_split(both: pd.DataFrame, metric: str, absolute: bool = False) -> pd.Series:
    """Gains of the first of two models over the second, split by split."""
    gains = [_gain(x, y, metric, absolute) for x, y in both.to_numpy()]
    return pd.Series(gains, index=both.index, dtype=float)


def _p(results: Results, suite: str, dataset: str, metric: str, ours: str, rival: str) -> str:
    test = results.difference(suite, dataset, ours, rival, metric)
    return "" if test is None or np.isnan(test.p) else f" ({p_said(test.p)})"


@check
def average_improvement(
    evidence: Evidence, claim: Claim, *, suite: str, rival: str, printed_in: str | None = None
) -> Finding:
    """Average over datasets of the improvement in percent; the spread is that of single splits.

    `printed_in` restricts it to the datasets of one table of the paper.
    """
    results, metric = evidence.results, SUITES[suite]
    names = _gains(results, suite, metric, rival, _datasets(results, suite, printed_in)).index
    if names.empty:
        return Finding(missing="results/metrics.csv")
    value, by_split = averages.average_improvement(results, suite, metric, OURS, rival, names)
    return Finding(
        value,
        float(by_split.std(ddof=1)),
        better=value > claim.printed,
        note=f"over {len(names)} datasets",
    )


@check
def wins(
    evidence: Evidence, claim: Claim, *, suite: str, rival: str, percent: bool = False
) -> Finding:
    """On how many datasets the mean of TabMixNN is better."""
    results, metric = evidence.results, SUITES[suite]
    gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
    if gains.empty:
        return Finding(missing="results/metrics.csv")
    count = int((gains > 0).sum())
    clear = sum(
        (test := results.difference(suite, d, OURS, rival, metric)) is not None and test.p < LEVEL
        for d in gains.index[gains > 0]
    )
    note = f"{count} of {len(gains)} datasets, {clear} of them with p < {LEVEL:g}"
    value = 100 * count / len(gains) if percent else count
    return Finding(value, better=value > claim.printed, note=note)


@check
def datasets_compared(evidence: Evidence, claim: Claim, *, suite: str) -> Finding:
    """How many datasets of a suite have a score of TabMixNN."""
    names = evidence.results.datasets(suite)
    return Finding(len(names)) if names else Finding(missing="results/metrics.csv")


@check
def average_score(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    metric: str,
    models: Sequence[str],
    printed_in: str,
) -> Finding:
    """Mean score over the datasets of a table of the paper, of the model nearest to its own."""
    results, found = evidence.results, {}
    listed = results.paper[printed_in]
    for model in models:
        names = [
            d for d in listed if (c := results.cell(suite, d, model, metric)).splits and c.is_whole
        ]
        if len(names) == len(listed):
            by_split = pd.concat(
                [results.scores(suite, d, model, metric) for d in names], axis=1
            ).mean(axis=1)
            found[model] = float(by_split.mean()), float(by_split.std(ddof=1))
    if not found:
        return Finding(missing="results/metrics.csv")
    nearest = min(found, key=lambda model: abs(found[model][0] - claim.printed))
    note = "; ".join(f"{results.models[m].label}: {mean:.3f}" for m, (mean, _) in found.items())
    guessed = float(np.mean([chance(results, d, metric) for d in listed]))
    gain = (found[nearest][0] - claim.printed) * (1 if LARGER_IS_BETTER[metric] else -1)
    return Finding(*found[nearest], better=gain > 0, note=note, chance=guessed)


@check
def largest_improvements(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    metric: str,
    rival: str,
    datasets: Sequence[str],
) -> Finding:
    """Whether the named datasets are the ones with the largest improvements."""
    results = evidence.results
    gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
    if not set(datasets) <= set(gains.index):
        return Finding(missing="results/metrics.csv")
    top = gains.sort_values(ascending=False).index[: len(datasets)]
    listed = ", ".join(f"{results.registry[name].title} {gains[name]:+.1f}%" for name in top)
    return Finding(holds=set(top) == set(datasets), note=f"largest here: {listed}")


@check
def level_with(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    metric: str,
    rival: str,
    datasets: Sequence[str],
    margin: float,
) -> Finding:
    """Whether TabMixNN is behind by at most `margin` on each of the named datasets.

    It holds where all 95% intervals of the differences say so, and fails where one says the
    opposite: no difference beyond noise is not yet level.
    """
    results, told, notes = evidence.results, [], []
    for name in datasets:
        pair = (OURS, rival) if LARGER_IS_BETTER[metric] else (rival, OURS)
        test = results.difference(suite, name, *pair, metric)
        if test is None:
            return Finding(missing=target(suite, name))
        told.append(test.within(-margin, None))
        notes.append(f"{name} {test.mean:+.3f} ({test.low:+.3f} to {test.high:+.3f})")
    return Finding(
        holds=all_hold(told),
        note=f"better than XGBoost by (95% interval): {', '.join(notes)}; allowed: -{margin:g}",
    )


@check
def gains_follow_groups(
    evidence: Evidence, claim: Claim, *, suite: str, metric: str, rival: str
) -> Finding:
    """Whether improvements rise with the groups' share of the variance (Spearman's rank test).

    A correlation that the test does not tell from none tells nothing.
    """
    from scipy.stats import spearmanr

    results = evidence.results
    shares = evidence.frame("trials/variability.csv")
    if shares is None:
        return Finding(missing="results/trials/variability.csv")
    gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
    both = pd.concat([gains, shares.set_index("dataset")["icc"]], axis=1, join="inner").dropna()
    if len(both) < 3:
        return Finding(missing="results/metrics.csv")
    test = spearmanr(both.iloc[:, 0], both.iloc[:, 1])
    return Finding(
        float(test.statistic),
        holds=bool(test.statistic > 0) if test.pvalue < LEVEL else None,
        note=f"rank correlation over {len(both)} datasets, {p_said(test.pvalue)}",
    )


@check
def ids_do_not_help(
    evidence: Evidence, claim: Claim, *, suite: str, dataset: str, metric: str
) -> Finding:
    """Whether XGBoost is no better with the group as a feature than without it."""
    results = evidence.results
    test = results.difference(suite, dataset, *reversed(RIVALS), metric)
    if test is None:
        return Finding(missing=target(suite, dataset))
    gain = results.gain(suite, dataset, *reversed(RIVALS), metric)
    note = f"knowing the group improves XGBoost by {gain:.1f}% ({p_said(test.p)})"
    return Finding(holds=gain < 0 if test.p < LEVEL else None, note=note)


def _datasets(results: Results, suite: str, printed_in: str | None) -> list[str]:
    names = results.datasets(suite)
    return names if printed_in is None else [n for n in names if n in results.paper[printed_in]]


def _gains(
    results: Results, suite: str, metric: str, rival: str, names: Sequence[str]
) -> pd.Series:
    """Improvement in percent on each dataset that both models ran."""
    gains = {name: results.gain(suite, name, OURS, rival, metric) for name in names}
    return pd.Series(gains, dtype=float).dropna()
