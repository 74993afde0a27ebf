"""The leaderboards of the page: each with its tables and its figures, the wide ones first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tabmixbench.report.figure import TITLES, Figure, figures_of
from tabmixbench.tables.read import tables_of
from tabmixbench.tables.table import Table

#: What belongs to no leaderboard, or to all.
FURTHER = "Further tables and figures"


@dataclass(frozen=True)
class BoardPart:
    """A leaderboard as the page shows it."""

    title: str
    tables: list[Table]
    figures: list[Figure]


def board_parts(
    tables: Iterable[str | Path], figures: Iterable[str | Path], captions: str | Path
) -> list[BoardPart]:
    """Sort the files of leaderboards by what they are of; what was not made has no part.

    Parameters
    ----------
    tables, figures : iterable of path
        Markdown and SVG, named ``<board>_<what>``.
    captions : path
        See `figures_of`.
    """
    return list(_parts(list(map(Path, tables)), list(map(Path, figures)), captions))


def _parts(tables: list[Path], figures: list[Path], captions: str | Path) -> Iterator[BoardPart]:
    for name, title in (TITLES | {"": FURTHER}).items():
        mine = [path for path in tables if _board(path) == name]
        drawn = [path for path in figures if _board(path) == name]
        if mine or drawn:
            yield BoardPart(title, tables_of(mine), figures_of(drawn, captions))


def _board(path: Path) -> str:
    """The name of the leaderboard that a file is of; empty for another's."""
    name = path.stem.rpartition("_")[0]
    return name if name in TITLES else ""
