"""What a ranking shows and does not show, in sentences computed from it."""

from __future__ import annotations

from tabmixbench.leaderboard.ranks import Margin, Ranks
from tabmixbench.leaderboard.roles import DEFAULT
from tabmixbench.statistics import Friedman, p_said

#: What was in view while the default was made.
IN_VIEW = (
    "The confirmation's data sets were written down before any model was fitted; one step of the "
    "default was later changed because of its 42 regressions, none because of its 17 "
    "classifications. Steps that were settled on simulated rows came after both, and changed what "
    "the default predicts of a few of them (docs/evidence.md). The other datasets were in view "
    "while the default was made."
)
#: The note under a table of wins and losses.
WINS = (
    "The first model wins or loses against another where they differ over the splits with p < 0.05 "
    "by the corrected resampled t-test (Nadeau and Bengio 2003), not corrected for there being "
    "many; the rest are ties. Two models are compared on the splits that both have: a "
    "dataset counts here, too, on which one of them lacks some and for that ranks last."
)


def summary(ranks: Ranks) -> list[str]:
    """The first model, its lead, and what the default is told apart from; empty without ranks."""
    if len(ranks.ranked) < 2:
        return []
    return [*_leader(ranks), *_told_apart(ranks)]


def tests(ranks: Ranks) -> list[str]:
    """Which tests the lead is held against."""
    if ranks.test is None:
        return []
    return [
        f"Friedman's test that all {ranks.test.models} ranked models are equally good on the "
        f"{ranks.test.datasets} datasets has {p_said(ranks.test.p)} ({_how(ranks.test)}). The "
        "critical difference of two mean ranks is Nemenyi's, "
        f"{ranks.test.critical_difference:.2f} (5% level); Bonferroni and Dunn's, for "
        "comparisons with one model named beforehand, is "
        f"{ranks.test.control_difference:.2f}. The default was named beforehand. {IN_VIEW}",
        "p against the default is of Wilcoxon's signed-rank test over the datasets, which does "
        "not, unlike mean ranks, depend on what else is ranked. Holm's method corrects it for the "
        "models of this ranking, not for there being several rankings.",
    ]


def _how(test: Friedman) -> str:
    if test.is_permuted:
        return "by permutations of the ranks within datasets, which are few"
    return "Iman and Davenport's F, corrected for ties"


def _leader(ranks: Ranks) -> list[str]:
    best, trees = ranks.best, ranks.best_trees
    said = [
        f"Best mean rank: {ranks.label(best)}, {ranks.ranks[best]:.2f} of {len(ranks.ranked)} "
        f"models on {len(ranks.errors)} datasets."
    ]
    if best == trees:
        said.append(f"The best model is itself a tree ensemble{_behind(ranks)}.")
    elif ranks.margin is not None:
        said.append(
            f"Its margin over the best tree ensemble ({ranks.label(trees)}, "
            f"{ranks.ranks[trees]:.2f}) is {_verdict(ranks.margin, is_named=best == DEFAULT)}."
        )
    if ranks.margin_second is not None and ranks.second != trees:
        second, named = ranks.second, best == DEFAULT
        said.append(
            f"Its margin over the second ({ranks.label(second)}, {ranks.ranks[second]:.2f}) is "
            f"{_verdict(ranks.margin_second, is_named=named)}."
        )
    if ranks.margin_once is not None:
        dropped = ", ".join(ranks.label(name) for name in ranks.margin_once.without)
        said.append(
            f"With each method ranked once, in the best of its configurations (without "
            f"{dropped}), {_once(ranks)}."
        )
    return said


def _behind(ranks: Ranks) -> str:
    ours = ranks.best_ours
    if ours is None:
        return ""
    distance = ranks.ranks[ours] - ranks.ranks[ranks.best]
    return f"; the best TabMixNN, {ranks.label(ours)}, is {distance:.2f} ranks behind it"


def _once(ranks: Ranks) -> str:
    """The margin over the trees, or theirs."""
    margin = ranks.margin_once
    if margin.lead < 0:
        return f"{ranks.label(ranks.best_trees)} is ahead by {-margin.lead:.2f}"
    return f"the margin over the trees is {_verdict(margin, is_named=False)}"


def _verdict(margin: Margin, *, is_named: bool) -> str:
    """A margin and what it exceeds; Bonferroni and Dunn's is for a model named beforehand."""
    does = "exceeds" if margin.is_clear else "does not exceed"
    verdict = (
        f"{margin.lead:.2f} ranks, which {does} the critical difference of {margin.critical:.2f}"
    )
    if is_named and margin.control < margin.lead <= margin.critical:
        verdict += f", but exceeds Bonferroni and Dunn's of {margin.control:.2f}"
    return verdict


def _told_apart(ranks: Ranks) -> list[str]:
    if not ranks.pairs:
        return []
    better, alike, worse = ranks.told_apart
    number = len(better) if alike or worse else "each"
    said = [f"better than {number} of the {len(ranks.pairs)} others"]
    for kind, names in (("not told apart from", alike), ("worse than", worse)):
        if names:
            listed = ", ".join(f"{ranks.label(m)} ({p_said(ranks.p(m))})" for m in names)
            said.append(f"{kind} {listed}")
    return [f"By Wilcoxon's signed-rank test {ranks.label(DEFAULT)} is {'; '.join(said)}."]
