"""The summary: sentences computed from the results, the negatives among them.

Adding a sentence is one function ``(contents) -> iterator of Sentence`` in `FINDERS`. A finder
whose results are not there yields nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from tabmixbench.leaderboard.board import BOARDS, Standings
from tabmixbench.leaderboard.roles import DEFAULT, FLOOR
from tabmixbench.metrics import LARGER_IS_BETTER
from tabmixbench.report.classes import classes
from tabmixbench.report.leading import leaderboards
from tabmixbench.report.sentence import Sentence
from tabmixbench.statistics import LEVEL
from tabmixbench.tables import BUILDERS, Results
from tabmixbench.tables.averages import OF_AVERAGES
from tabmixbench.tables.comparison import OURS, RIVALS
from tabmixbench.tables.table2 import SUITES, gains_over

if TYPE_CHECKING:
    from tabmixbench.report.contents import Contents


def findings(contents: Contents) -> list[Sentence]:
    """Everything that the results let us say, in the order of the page."""
    return [sentence for finder in FINDERS for sentence in finder(contents)]


def wins(contents: Contents) -> Iterator[Sentence]:
    """What the paper's Table 2 claims and what this run shows."""
    results = contents.results
    for row in BUILDERS["table2"](results).data.itertuples():
        if not row.datasets:
            continue
        gains = gains_over(results, row.benchmark, row.metric, row.rival)
        by = "by the average scores" if row.benchmark in OF_AVERAGES else "on average"
        yield Sentence(
            f"{row.benchmark.capitalize()} against {results.models[row.rival].label}: "
            f"{results.models[OURS].label} wins on {row.wins} of {row.datasets} datasets, "
            f"{row.improvement:+.1f}% {by} and {gains.median():+.1f}% in the median "
            f"({row.metric}); the paper says {row.paper_wins} of {row.paper_datasets} and "
            f"{row.paper_improvement:+.1f}% {by}.",
            against=row.wins < row.paper_wins,
        )


def ranks(contents: Contents) -> Iterator[Sentence]:
    """Which model of the core has the best mean rank of a suite, until leaderboards say more."""
    results = contents.results
    if contents.standings is not None:
        return
    for suite in SUITES:
        board = Standings(results, BOARDS[suite])
        if len(board.ranked) < 2 or len(board.datasets) < 2:
            continue
        first, second = board.ranked[:2]
        yield Sentence(
            f"{suite.capitalize()}, {len(board.datasets)} datasets: the best mean rank of "
            f"{len(board.ranked)} models is that of {board.label(first)} "
            f"({board.ranks[first]:.1f}), before {board.label(second)} "
            f"({board.ranks[second]:.1f}).",
            against=not board.is_ours(first),
        )


def beaten(contents: Contents) -> Iterator[Sentence]:
    """Where another model of the core is better than the default, beyond noise."""
    results = contents.results
    for suite, metric in SUITES.items():
        datasets = [d for d in results.datasets(suite) if _ran(results, suite, d, metric)]
        if not datasets:
            continue
        ahead = {
            dataset: [
                results.models[other].label
                for other in _others(results)
                if _clearly_worse(results, suite, dataset, metric, DEFAULT, other)
            ]
            for dataset in datasets
        }
        lost = {dataset: names for dataset, names in ahead.items() if names}
        listed = "; ".join(
            f"{results.registry[d].title} ({', '.join(names)})" for d, names in lost.items()
        )
        where = f": {listed}" if listed else ""
        yield Sentence(
            f"{suite.capitalize()}: on {len(lost)} of {len(datasets)} datasets another model of "
            f"the core run is better than the default, beyond noise (p < {LEVEL} each, not "
            f"corrected for their number){where}. Peers stand on the leaderboards.",
            against=bool(lost),
        )


def trees_ahead(contents: Contents) -> Iterator[Sentence]:
    """Where XGBoost with ids is better than the paper's network."""
    results, rival = contents.results, RIVALS[1]
    for suite, metric in SUITES.items():
        names = [
            d
            for d in results.datasets(suite)
            if _clearly_worse(results, suite, d, metric, OURS, rival)
        ]
        if names:
            listed = ", ".join(results.registry[d].title for d in names)
            yield Sentence(
                f"{suite.capitalize()}: {results.models[rival].label} is better than "
                f"{results.models[OURS].label}, beyond noise, on {listed}.",
                against=True,
            )


def without_groups(contents: Contents) -> Iterator[Sentence]:
    """How the default does where there is no group to model."""
    results, suite = contents.results, "classification"
    metric, parts, gains = SUITES[suite], [], []
    for dataset in results.datasets(suite):
        entry = results.registry[dataset]
        other = _best(results, suite, dataset, metric, _others(results))
        if entry.groups or not other or not _ran(results, suite, dataset, metric):
            continue
        a, b = (results.cell(suite, dataset, model, metric).mean for model in (DEFAULT, other))
        parts.append(f"{entry.title} {a:.3f} against {b:.3f} ({results.models[other].label})")
        gains.append(results.gain(suite, dataset, DEFAULT, other, metric))
    if parts:
        better = sum(gain > 0 for gain in gains)
        yield Sentence(
            "Where there are no groups, a mixed model has no effects to add; the default has a "
            f"better mean than the best other model of the core run on {better} of {len(parts)} "
            f"datasets ({metric}): {', '.join(parts)}.",
            against=2 * better <= len(parts),
        )


def new_groups(contents: Contents) -> Iterator[Sentence]:
    """The protocol that leaves whole groups out."""
    results, rival = contents.results, RIVALS[1]
    for suite, metric in SUITES.items():
        won = total = clearly_won = clearly_lost = 0
        for dataset in results.datasets(suite):
            gain = results.gain(suite, dataset, OURS, rival, metric, "groups")
            if not np.isnan(gain):
                total += 1
                won += gain > 0
                pair = results, suite, dataset, metric
                clearly_won += _clearly_worse(*pair, rival, OURS, "groups")
                clearly_lost += _clearly_worse(*pair, OURS, rival, "groups")
        if total:
            yield Sentence(
                f"{suite.capitalize()}, whole groups left out: {results.models[OURS].label} has a "
                f"better mean than {results.models[rival].label} on {won} of {total} datasets. "
                f"Beyond noise (p < {LEVEL} each) it is better on {clearly_won} and worse on "
                f"{clearly_lost}.",
                against=clearly_won <= clearly_lost,
            )


def claims(contents: Contents) -> Iterator[Sentence]:
    """How many claims of the paper hold, and how many it contradicts itself."""
    if contents.claims is not None:
        yield Sentence(contents.claims.notes[0], against=True)
    yield Sentence(
        f"The paper's own numbers disagree with each other in {len(contents.contradictions)} "
        "places.",
        against=True,
    )


def validation(contents: Contents) -> Iterator[Sentence]:
    """Agreement with R, and the time of a fit."""
    for table in contents.validation:
        if table.title.startswith("Agreement with R"):
            yield Sentence(f"{table.title}: {table.notes[0]}")
    timing = contents.timing
    if timing is not None:
        for column, name in (("lmer", "lme4's lmer"), ("mixedlm", "mixedlm")):
            ratio = (timing[column] / timing["ours"]).dropna()
            if len(ratio):
                yield Sentence(
                    f"An exact fit by {name} takes {ratio.median():.1f} times as long as by this "
                    f"library (median of {len(ratio)} models, from {ratio.min():.1f} to "
                    f"{ratio.max():.1f}).",
                    against=ratio.median() < 1,
                )


def _ran(results: Results, suite: str, dataset: str, metric: str) -> bool:
    """Whether the default has a score."""
    return results.cell(suite, dataset, DEFAULT, metric).splits > 0


def _ours(results: Results) -> list[str]:
    return [name for name, spec in results.models.items() if spec.is_ours]


def _others(results: Results) -> list[str]:
    ours = _ours(results)
    return [name for name in results.models if name not in ours and name != FLOOR]


def _best(results: Results, suite: str, dataset: str, metric: str, models) -> str | None:
    cells = {m: results.cell(suite, dataset, m, metric) for m in models}
    scored = {m: cell.mean for m, cell in cells.items() if cell.splits and cell.is_whole}
    if not scored:
        return None
    return (max if LARGER_IS_BETTER[metric] else min)(scored, key=scored.get)


def _clearly_worse(
    results: Results,
    suite: str,
    dataset: str,
    metric: str,
    ours: str,
    other: str,
    protocol: str = "rows",
) -> bool:
    test = results.difference(suite, dataset, ours, other, metric, protocol)
    if test is None:
        return False
    worse = (test.mean < 0) == LARGER_IS_BETTER[metric] and test.mean != 0
    return worse and test.p < LEVEL


FINDERS: tuple[Callable[[Contents], Iterator[Sentence]], ...] = (
    leaderboards,
    ranks,
    wins,
    beaten,
    trees_ahead,
    without_groups,
    new_groups,
    classes,
    claims,
    validation,
)
