"""What the library must reach, each beside the measurement that says whether it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
"""A measurement: ``what``, ``value``, ``unit``; where it was not taken, ``what`` and ``reason``."""


@dataclass(frozen=True)
class Requirement:
    """A bound on a measurement.

    Parameters
    ----------
    limit : float
    at_least : bool
        Whether the value must not be below the limit; else it must not be above.
    """

    limit: float
    at_least: bool = False

    def share(self, value: float) -> float:
        """Return how much of what is allowed is used: above 1, the bound is missed."""
        return self.limit / value if self.at_least else value / self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:,g}"


STACKED = 15
LARGE = 10_000_000
STREAMED = 50_000_000
REQUIREMENTS: Mapping[str, Requirement] = {
    "sleepstudy: one fit": Requirement(0.8),
    f"sleepstudy: a fit of {STACKED} stacked": Requirement(0.5),
    "InstEval: an epoch": Requirement(0.05),
    f"{LARGE:,} rows: an epoch": Requirement(2),
    f"{LARGE:,} rows: memory of an epoch": Requirement(2),
    f"{LARGE:,} rows: exact fit": Requirement(3),
    f"{STREAMED:,} rows of Parquet: memory of exact fit": Requirement(2),
    "power of the rows: an epoch": Requirement(1.1),
    "power of the rows: exact fit": Requirement(1.1),
    "predict one row: exact": Requirement(1),
    "predict one row: [64, 32]": Requirement(1),
    "predict a million rows: exact": Requirement(2e6, at_least=True),
    "predict a million rows: [64, 32]": Requirement(5e5, at_least=True),
    "import": Requirement(1.2),
    "reproduction: two cores": Requirement(45),
    "reproduction: inside the models": Requirement(80, at_least=True),
    "reproduction: nothing changed": Requirement(20),
}
"""By ``what`` of a row, in the order of the table. Linear cost: to the power 1.1 of the rows."""
