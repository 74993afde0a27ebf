"""Result files of other targets, which the report shows where they exist."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tabmixbench.benchmarks import PAGES
from tabmixbench.leaderboard import BOARDS, FIGURES, POOLS, TABLES

#: Files beyond those of the core run that the page shows where they exist, by section.
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "classes": ("tables/classes.md",),
    "studies": ("tables/dag_recovery.md", "spatial.md", "simulations/*.md"),
    "study_figures": ("dag/**/*.svg", "spatial/*.svg", "simulations/*.svg"),
    "speed": tuple(f"benchmarks/{page}.md" for page in PAGES),
    "speed_figures": ("benchmarks/*.svg",),
    "intervals": ("tables/coverage.md",),
    "tables": ("tables/*.md",),
    "standings": tuple(f"leaderboard/{name}_standing.md" for name in (*BOARDS, *POOLS)),
    "baselines": ("leaderboard/baselines.md",),
    "leaderboards": (
        *(f"leaderboard/{board}_{table}.md" for board in BOARDS for table in TABLES),
        "leaderboard/**/*.md",
    ),
    "board_figures": (
        *(f"leaderboard/{board}_{figure}.svg" for board in BOARDS for figure in FIGURES),
        "leaderboard/**/*.svg",
    ),
    "figures": ("figures/**/*.svg",),
}


def extras(folder: str | Path, core: Iterable[str | Path]) -> dict[str, list[str]]:
    """Files of `EXTRAS` under `folder` that the core run does not make, by section, in order.

    A file that fits several patterns stands where the first of them puts it.
    """
    folder = Path(folder)
    seen = {Path(path) for path in core}
    found: dict[str, list[str]] = {section: [] for section in EXTRAS}
    for section, patterns in EXTRAS.items():
        for pattern in patterns:
            new = [path for path in sorted(folder.glob(pattern), key=_order) if path not in seen]
            found[section] += map(str, new)
            seen.update(new)
    return found


def _order(path: Path) -> tuple:
    """By name, numbers by size: table10 after table9."""
    parts = re.split(r"(\d+)", path.as_posix())
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts)


def digests(found: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Short SHA-256 of every file: the page is rendered again when one changes."""
    return {
        path: hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
        for paths in found.values()
        for path in paths
    }
