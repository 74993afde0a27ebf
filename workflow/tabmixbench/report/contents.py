"""Everything the report shows, read from the result files."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version

import pandas as pd

from tabmixbench.contradictions import Contradiction, contradictions, remarks
from tabmixbench.report.boards import BoardPart
from tabmixbench.report.figure import Figure
from tabmixbench.report.findings import findings
from tabmixbench.report.sentence import Sentence
from tabmixbench.tables import Results
from tabmixbench.tables.table import Table
from tabmixnn import __version__ as tabmixnn

PACKAGES = (
    *("torch", "numpy", "pandas", "scipy", "scikit-learn"),
    *("xgboost", "lightgbm", "statsmodels", "mixedlm", "snakemake", "mlflow"),
)


@dataclass(frozen=True)
class Contents:
    """What the templates print.

    Attributes
    ----------
    results : Results
        The scores.
    tables, validation, studies : list of Table
        In the order of the page; empty where nothing has been run.
    leaderboards : list of BoardPart
        Each with its tables and figures.
    intervals, probabilities : list of Table
        How often intervals cover; how far probabilities are from what happens.
    standings : Table or None
        Who leads each leaderboard: one line a board.
    classes : Table or None
        Outcomes of three classes or more, with the data of the CSV.
    claims : Table or None
        Of ``results/claims.md``.
    timings : list of Table
        Where the time went.
    timing : DataFrame or None
        Seconds of exact fits, ours and others'.
    speed : list of Table
        What the library costs.
    figures, probability_figures, study_figures, speed_figures : list of Figure
        SVG files with captions; those of further studies and of benchmarks apart.
    citation : mapping
        ``CITATION.cff``.
    """

    results: Results
    tables: list[Table]
    leaderboards: list[BoardPart]
    validation: list[Table]
    claims: Table | None
    timings: list[Table]
    timing: pd.DataFrame | None
    figures: list[Figure]
    standings: Table | None = None
    classes: Table | None = None
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
    def remarks(self) -> list[str]:
        """What the paper's numbers show beside, where they do not disagree."""
        return remarks(self.results.paper)

    @cached_property
    def findings(self) -> list[Sentence]:
        """The summary."""
        return findings(self)

    @cached_property
    def versions(self) -> dict[str, str]:
        """Of Python and the packages that decide the numbers."""
        own = {"Python": f"{platform.python_version()} on {platform.system()}"}
        return own | {"tabmixnn": tabmixnn} | {package: version(package) for package in PACKAGES}
