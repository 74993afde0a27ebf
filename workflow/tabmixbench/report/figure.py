"""Drawings of the page and what they show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tabmixbench.leaderboard import BOARDS, POOLS

#: Of leaderboards, those over several boards first.
TITLES = {name: board.title for name, board in (POOLS | BOARDS).items()}


@dataclass(frozen=True)
class Figure:
    """A drawing and what it shows."""

    path: Path
    caption: str


def figures_of(paths: Iterable[str | Path], captions: str | Path) -> list[Figure]:
    """Drawings with their captions: of one in folder `captions`, or of a Markdown file beside.

    Those of a leaderboard start with its title, by which readers of all of them tell them apart.
    """
    return [Figure(Path(path), _caption(Path(path), Path(captions))) for path in paths]


def _caption(path: Path, captions: Path) -> str:
    board, _, kind = path.stem.rpartition("_")
    title = f"{TITLES[board]}. " if board in TITLES else ""
    for file in (
        captions / f"{path.stem}.rst",
        path.with_suffix(".md"),
        captions / f"{kind}.rst",
    ):
        if file.exists():
            return title + " ".join(file.read_text(encoding="utf-8").split())
    return path.stem.replace("_", " ").capitalize()
