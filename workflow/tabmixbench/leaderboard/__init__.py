"""Every model against every other: rankings, scores, tests of differences, figures.

A board is one suite of datasets under one protocol (`BOARDS`). Adding a table is one file with a
function ``build(results, board) -> Table`` and one entry in `TABLES`; adding a figure is one with
``draw(results, board) -> Figure`` and one entry in `FIGURES`. `overall` ranks over several boards
(`POOLS`), with tables and figures of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tabmixbench.leaderboard import (
    critical,
    overall,
    pairs,
    ranking,
    relative,
    scores,
    seconds,
    standing,
)
from tabmixbench.leaderboard.board import BEYOND, BOARDS, CONFIRMATION, SEPARATE, Board
from tabmixbench.leaderboard.overall import POOLS, Pool

__all__ = [
    "BEYOND",
    "BOARDS",
    "CONFIRMATION",
    "FIGURES",
    "POOLS",
    "SEPARATE",
    "TABLES",
    "Board",
    "Pool",
    "files",
    "find",
    "overall",
]

TABLES = {
    "ranking": ranking.build,
    "standing": standing.build,
    "scores": scores.build,
    "pairs": pairs.build,
}
FIGURES = {"critical": critical.draw, "relative": relative.draw, "seconds": seconds.draw}


def find(name: str) -> tuple[Board | Pool, Mapping[str, Callable], Mapping[str, Callable]]:
    """Return a board or a pool by its name, and what draws up its tables and its figures."""
    if name in BOARDS:
        return BOARDS[name], TABLES, FIGURES
    return POOLS[name], overall.TABLES, overall.FIGURES


def files(names: Iterable[str]) -> list[str]:
    """Paths of every table and figure of boards and pools of these names."""
    return [
        f"results/leaderboard/{name}_{part}.{ending}"
        for name in names
        for parts, ending in zip(find(name)[1:], ("md", "svg"), strict=True)
        for part in parts
    ]
