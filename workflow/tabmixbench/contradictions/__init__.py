"""Where the paper's own numbers disagree with each other, computed from them as printed.

Adding one is a generator of `Contradiction` in the file of its subject, and its name in `FINDERS`.
What a reader should know and what can hold all the same is a remark: a generator of sentences, and
its name in `REMARKERS`. Remarks are no disagreements: none is counted, and none decides a claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tabmixbench.contradictions import ablation, cells, counts, summaries
from tabmixbench.contradictions.contradiction import Contradiction

__all__ = ["Contradiction", "contradictions", "remarks"]

Finder = Callable[[Mapping[str, Any]], Iterator[Contradiction]]
Remarker = Callable[[Mapping[str, Any]], Iterator[str]]

FINDERS: tuple[Finder, ...] = (
    summaries.regression,
    summaries.classification,
    counts.datasets,
    counts.families,
    counts.wins,
    counts.groups,
    cells.improvements,
    ablation.standardised,
    ablation.baseline,
    ablation.percentages,
)
REMARKERS: tuple[Remarker, ...] = (
    counts.printed,
    summaries.not_printed,
    summaries.of_averages,
    cells.chance,
    ablation.unstable,
    ablation.same_rows,
)


def contradictions(paper: Mapping[str, Any]) -> list[Contradiction]:
    """Every pair of printed numbers that cannot both hold.

    Parameters
    ----------
    paper : mapping
        ``config/paper.yaml``.
    """
    return [found for finder in FINDERS for found in finder(paper)]


def remarks(paper: Mapping[str, Any]) -> list[str]:
    """What the printed numbers show beside, where all of them can hold.

    Parameters
    ----------
    paper : mapping
        ``config/paper.yaml``.
    """
    return [sentence for remarker in REMARKERS for sentence in remarker(paper)]
