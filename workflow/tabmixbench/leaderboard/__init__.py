"""Every model against every other: rankings, scores, tests of differences, figures.

A board is one suite of datasets under one protocol (`BOARDS`). Adding a table is one file with a
function ``build(results, board) -> Table`` and one entry in `TABLES`; adding a figure is one with
``draw(results, board) -> Figure`` and one entry in `FIGURES`. `overall` ranks over all boards of a
protocol (`POOLS`).
"""

from __future__ import annotations

from tabmixbench.leaderboard import (
    critical,
    overall,
    pairs,
    ranking,
    relative,
    scores,
    seconds,
)
from tabmixbench.leaderboard.board import BEYOND, BOARDS, Board
from tabmixbench.leaderboard.overall import POOLS

__all__ = ["BEYOND", "BOARDS", "FIGURES", "POOLS", "TABLES", "Board", "overall"]

TABLES = {"ranking": ranking.build, "scores": scores.build, "pairs": pairs.build}
FIGURES = {"critical": critical.draw, "relative": relative.draw, "seconds": seconds.draw}
