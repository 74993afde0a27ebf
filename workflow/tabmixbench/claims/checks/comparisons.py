"""TabMixNN beside XGBoost: improvements, wins, averages, who is ahead where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.checks.scores import chance, target
from tabmixbench.claims.claim import Claim, Finding, all_hold, any_holds
from tabmixbench.claims.evidence import Evidence
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.statistics import LEVEL, corrected_resampled_t, p_said
from tabmixbench.tables import averages
from tabmixbench.tables.comparison import OURS, RIVALS
from tabmixbench.tables.results import TEST_TO_TRAIN, Results, improvement
from tabmixbench.tables.table2 import SUITES, not_printed


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
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    rivals: Sequence[str] = RIVALS,
    printed_in: str | None = None,
) -> Finding:
    """Average over datasets of the improvement in percent; the spread is that of single splits.

    Over the rival that brings it nearest to the paper's. `printed_in` restricts it to the datasets
    of one table of the paper.
    """
    results, metric, found, sizes = evidence.results, SUITES[suite], {}, {}
    for rival in rivals:
        names = _gains(results, suite, metric, rival, _datasets(results, suite, printed_in)).index
        if len(names):
            each = averages.average_improvement(results, suite, metric, OURS, rival, names)
            found[rival], sizes[rival] = each, len(names)
    if not found:
        return Finding(missing="results/metrics.csv")
    nearest = min(found, key=lambda rival: abs(found[rival][0] - claim.printed))
    value, by_split = found[nearest]
    notes = [
        f"over {results.models[rival].label} on {sizes[rival]} datasets: {found[rival][0]:+.1f}%"
        for rival in found
    ]
    return Finding(
        value, float(by_split.std(ddof=1)), better=value > claim.printed, note="; ".join(notes)
    )


@check
def wins(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    rivals: Sequence[str] = RIVALS,
    percent: bool = False,
) -> Finding:
    """On how many datasets the mean of TabMixNN is better, of the rival nearest to the paper's.

    Wins and losses within the noise may be either.
    """
    results, metric, found = evidence.results, SUITES[suite], {}
    for rival in rivals:
        gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
        if len(gains):
            clear = [_is_clear(results, suite, d, metric, rival) for d in gains.index]
            found[rival] = Wins(
                int((gains > 0).sum()),
                int((gains[clear] > 0).sum()),
                int((gains[clear] < 0).sum()),
                len(gains),
            )
    if not found:
        return Finding(missing="results/metrics.csv")

    def counted(rival: str, number: int) -> float:
        return 100 * number / found[rival].datasets if percent else number

    nearest = min(found, key=lambda rival: abs(counted(rival, found[rival].won) - claim.printed))
    of_it = found[nearest]
    value, *between = (
        counted(nearest, each) for each in (of_it.won, of_it.clear, of_it.datasets - of_it.lost)
    )
    notes = [
        f"against {results.models[rival].label} {each.won} of {each.datasets} datasets (with p < "
        f"{LEVEL:g}: {each.clear} won, {each.lost} lost)"
        for rival, each in found.items()
    ]
    better = value > claim.printed
    return Finding(value, better=better, note="; ".join(notes), between=tuple(between))


class Wins(NamedTuple):
    """Datasets won, won and lost beyond the noise, and all."""

    won: int
    clear: int
    lost: int
    datasets: int


def _is_clear(results: Results, suite: str, dataset: str, metric: str, rival: str) -> bool:
    test = results.difference(suite, dataset, OURS, rival, metric)
    return test is not None and test.p < LEVEL


@check
def datasets_compared(evidence: Evidence, claim: Claim, *, suite: str) -> Finding:
    """How many datasets of a suite were run: the registry has as many as the paper counts."""
    results = evidence.results
    names = results.datasets(suite)
    if not names:
        return Finding(missing="results/metrics.csv")
    guessed = not_printed(results, suite)
    note = f"not in the paper's table of results, so that they are our guess: {guessed}"
    return Finding(len(names), given="this suite has as many", note=note if guessed else "")


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
    datasets: Sequence[str],
    rivals: Sequence[str] = RIVALS,
) -> Finding:
    """Whether the named datasets are the ones with the largest improvements over some rival.

    The least of theirs is tested against the largest of the others. Splits of two datasets have
    nothing to do with each other, so that any of one may stand beside any of the other.
    """
    results, told, notes = evidence.results, [], []
    for rival in rivals:
        gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
        others = gains.drop(list(datasets), errors="ignore")
        if not set(datasets) <= set(gains.index) or others.empty:
            return Finding(missing="results/metrics.csv")
        last, first = gains[list(datasets)].idxmin(), others.idxmax()
        by_split = (
            _gains_by_split(averages.paired(results, suite, d, metric, OURS, rival), metric)
            for d in (last, first)
        )
        difference = pd.concat(by_split, axis=1).dropna().diff(axis=1).iloc[:, 1]
        test = corrected_resampled_t(difference.to_numpy(), TEST_TO_TRAIN)
        told.append(bool(gains[last] > gains[first]) if test.p < LEVEL else None)
        least, largest = (
            f"{results.registry[name].title} ({gains[name]:+.1f}%)" for name in (last, first)
        )
        notes.append(
            f"over {results.models[rival].label} the least of these is {least}, the largest of the "
            f"others {largest}, {p_said(test.p)}"
        )
    return Finding(holds=any_holds(told), note="; ".join(notes))


@check
def level_with(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    metric: str,
    datasets: Sequence[str],
    margin: float,
    rivals: Sequence[str] = RIVALS,
) -> Finding:
    """Whether TabMixNN is behind some rival by at most `margin` on each of the named datasets.

    It holds where all 95% intervals of the differences say so, and fails where one says the
    opposite: no difference beyond noise is not yet level.
    """
    results, told, notes = evidence.results, [], []
    for name in datasets:
        of_rivals = []
        for rival in rivals:
            pair = (OURS, rival) if LARGER_IS_BETTER[metric] else (rival, OURS)
            test = results.difference(suite, name, *pair, metric)
            if test is None:
                return Finding(missing=target(suite, name))
            of_rivals.append(test.within(-margin, None))
            notes.append(
                f"{name}, {results.models[rival].label} {test.mean:+.3f} ({test.low:+.3f} to "
                f"{test.high:+.3f})"
            )
        told.append(any_holds(of_rivals))
    return Finding(
        holds=all_hold(told),
        note=f"better by (95% interval): {', '.join(notes)}; allowed: -{margin:g}",
    )


@check
def gains_follow_groups(
    evidence: Evidence,
    claim: Claim,
    *,
    suite: str,
    metric: str,
    rivals: Sequence[str] = RIVALS,
) -> Finding:
    """Whether improvements over some rival rise with the groups' share of the variance.

    By Spearman's rank test; a correlation that it does not tell from none tells nothing.
    """
    from scipy.stats import spearmanr

    results, found, notes = evidence.results, {}, []
    shares = evidence.frame("trials/variability.csv")
    known = set() if shares is None else set(shares["dataset"])
    if not known & set(results.datasets(suite)):
        return Finding(missing="results/trials/variability.csv")
    for rival in rivals:
        gains = _gains(results, suite, metric, rival, _datasets(results, suite, None))
        both = pd.concat([gains, shares.set_index("dataset")["icc"]], axis=1, join="inner").dropna()
        if len(both) < 3:
            return Finding(missing="results/metrics.csv")
        found[rival] = test = spearmanr(both.iloc[:, 0], both.iloc[:, 1])
        notes.append(
            f"over {results.models[rival].label} rank correlation {test.statistic:+.2f} on "
            f"{len(both)} datasets, {p_said(test.pvalue)}"
        )
    told = [bool(t.statistic > 0) if t.pvalue < LEVEL else None for t in found.values()]
    largest = max(float(test.statistic) for test in found.values())
    return Finding(largest, holds=any_holds(told), note="; ".join(notes))


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
