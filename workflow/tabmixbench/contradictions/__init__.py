"""Where the paper's own numbers disagree with each other, computed from them as printed.

Adding one is a generator of `Contradiction` in the file of its subject, and its name in `FINDERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tabmixbench.contradictions import ablation, cells, counts, summaries
from tabmixbench.contradictions.contradiction import Contradiction

__all__ = ["Contradiction", "contradictions"]

Finder = Callable[[Mapping[str, Any]], Iterator[Contradiction]]

FINDERS: tuple[Finder, ...] = (
    summaries.regression,
    summaries.classification,
    counts.datasets,
    counts.families,
    cells.improvements,
    cells.chance,
    ablation.standardised,
    ablation.baseline,
    ablation.percentages,
    ablation.layers,
    ablation.unstable,
)


def contradictions(paper: Mapping[str, Any]) -> list[Contradiction]:
    """Every pair of printed numbers that cannot both hold.

    Parameters
    ----------
    paper : mapping
        ``config/paper.yaml``.
    """
    return [found for finder in FINDERS for found in finder(paper)]
