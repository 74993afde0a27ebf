"""One cell of a table: a mean with its spread over splits, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

import numpy as np


@dataclass(frozen=True)
class Cell:
    """Mean and standard deviation of a score over splits.

    Attributes
    ----------
    mean, sd : float
        NaN where there is no score.
    splits : int
        How many splits have one.
    reason : str
        Why splits have none, where that is known.
    total : int
        How many splits another model has a score on; 0 where that is not known.
    """

    mean: float = float("nan")
    sd: float = float("nan")
    splits: int = 0
    reason: str = ""
    total: int = 0

    @classmethod
    def of(cls, scores: np.ndarray, reason: str = "", total: int = 0) -> Cell:
        """Summarise the scores of shape (n_splits,); NaN scores are left out."""
        scores = np.asarray(scores, dtype=float)
        scores = scores[~np.isnan(scores)]
        if len(scores) < max(total, 1):
            reason = reason or "not run"
        if not len(scores):
            return cls(reason=reason, total=total)
        sd = float(scores.std(ddof=1)) if len(scores) > 1 else float("nan")
        return cls(float(scores.mean()), sd, len(scores), reason, total)

    @property
    def is_whole(self) -> bool:
        """Whether it has every split: on fewer of them a dataset is another."""
        return self.splits >= self.total

    def text(self, digits: int = 3) -> str:
        """As a table prints it: ``0.508 ± 0.150``, or a dash; ``(3 of 5)`` if splits lack."""
        if isnan(self.mean):
            return "–"
        spread = "" if isnan(self.sd) else f" ± {self.sd:.{digits}f}"
        splits = "" if self.is_whole else f" ({self.splits} of {self.total})"
        return f"{self.mean:.{digits}f}{spread}{splits}"


def best(cells: list[Cell], larger_is_better: bool, digits: int = 3) -> list[bool]:
    """Which cells print the best mean; all that print the same number share it.

    A mean over some of the splits is not compared.
    """
    printed = [round(cell.mean, digits) if cell.is_whole else float("nan") for cell in cells]
    valid = [value for value in printed if not isnan(value)]
    if not valid:
        return [False] * len(cells)
    top = max(valid) if larger_is_better else min(valid)
    return [value == top for value in printed]
