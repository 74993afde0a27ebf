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


class NoCaptionError(ValueError):
    """A figure of the page has nothing that says what it shows."""


def figures_of(paths: Iterable[str | Path], captions: str | Path) -> list[Figure]:
    """Drawings with their captions: of one in folder `captions`, or of a file beside.

    Those of a leaderboard start with its title, by which readers of all of them tell them apart.

    Raises
    ------
    NoCaptionError
        If a figure has no caption.
    """
    return [Figure(Path(path), _caption(Path(path), Path(captions))) for path in paths]


def _caption(path: Path, captions: Path) -> str:
    board, _, kind = path.stem.rpartition("_")
    name = kind if board in TITLES else path.stem
    title = f"{TITLES[board]}. " if board in TITLES else ""
    for file in (captions / f"{name}.rst", path.with_suffix(".md")):
        if file.exists():
            text = " ".join(file.read_text(encoding="utf-8").split())
            if not text.startswith("#"):  # as a page of tables does, which is no caption
                return title + text
    raise NoCaptionError(f"{path} has no caption: say what it shows in {captions}/{name}.rst.")
