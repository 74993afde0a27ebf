"""Everything the report shows, read from the result files."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from tabmixbench.contradictions import Contradiction, contradictions
from tabmixbench.leaderboard import BOARDS, POOLS
from tabmixbench.report.findings import findings
from tabmixbench.report.sentence import Sentence
from tabmixbench.tables import Results
from tabmixbench.tables.read import read_tables
from tabmixbench.tables.table import Table
from tabmixnn import __version__ as tabmixnn

PACKAGES = (
    *("torch", "numpy", "pandas", "scipy", "scikit-learn"),
    *("xgboost", "lightgbm", "statsmodels", "mixedlm", "snakemake", "mlflow"),
)

#: Of leaderboards.
TITLES = {name: board.title for name, board in (BOARDS | POOLS).items()}


@dataclass(frozen=True)
class Figure:
    """A drawing and what it shows."""

    path: Path
    caption: str


@dataclass(frozen=True)
class Contents:
    """What the templates print.

    Attributes
    ----------
    results : Results
        The scores.
    tables, leaderboards, validation, studies : list of Table
        In the order of the page; empty where nothing has been run.
    intervals, probabilities : list of Table
        How often intervals cover; how far probabilities are from what happens.
    standings : Table or None
        Who leads each leaderboard: one line a board.
    claims : Table or None
        Of ``results/claims.md``.
    timings : list of Table
        Where the time went.
    timing : DataFrame or None
        Seconds of exact fits, ours and others'.
    speed : list of Table
        What the library costs.
    figures, board_figures, probability_figures, study_figures, speed_figures : list of Figure
        SVG files with captions; those of the leaderboards, of further studies and of benchmarks
        apart.
    citation : mapping
        ``CITATION.cff``.
    """

    results: Results
    tables: list[Table]
    leaderboards: list[Table]
    validation: list[Table]
    claims: Table | None
    timings: list[Table]
    timing: pd.DataFrame | None
    figures: list[Figure]
    standings: Table | None = None
    board_figures: list[Figure] = field(default_factory=list)
    intervals: list[Table] = field(default_factory=list)
    probabilities: list[Table] = field(default_factory=list)
    probability_figures: list[Figure] = field(default_factory=list)
    studies: list[Table] = field(default_factory=list)
    study_figures: list[Figure] = field(default_factory=list)
    speed: list[Table] = field(default_factory=list)
    speed_figures: list[Figure] = field(default_factory=list)
    citation: Mapping = field(default_factory=dict)

    @cached_property
    def contradictions(self) -> list[Contradiction]:
        """Where the paper disagrees with itself."""
        return contradictions(self.results.paper)

    @cached_property
    def findings(self) -> list[Sentence]:
        """The summary."""
        return findings(self)

    @cached_property
    def versions(self) -> dict[str, str]:
        """Of Python and the packages that decide the numbers."""
        own = {"Python": f"{platform.python_version()} on {platform.system()}"}
        return own | {"tabmixnn": tabmixnn} | {package: version(package) for package in PACKAGES}


def tables_of(paths: Iterable[str | Path]) -> list[Table]:
    """Every table of several Markdown files."""
    return [table for path in paths for table in read_tables(path)]


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
