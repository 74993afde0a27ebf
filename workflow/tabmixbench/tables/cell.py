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
        Why there is none, where there is none.
    """

    mean: float = float("nan")
    sd: float = float("nan")
    splits: int = 0
    reason: str = ""

    @classmethod
    def of(cls, scores: np.ndarray, reason: str = "") -> Cell:
        """Summarise the scores of shape (n_splits,); NaN scores are left out."""
        scores = np.asarray(scores, dtype=float)
        scores = scores[~np.isnan(scores)]
        if not len(scores):
            return cls(reason=reason or "not run")
        sd = float(scores.std(ddof=1)) if len(scores) > 1 else float("nan")
        return cls(float(scores.mean()), sd, len(scores), reason)

    def text(self, digits: int = 3) -> str:
        """As a table prints it: ``0.508 ± 0.150``, or a dash."""
        if isnan(self.mean):
            return "–"
        if isnan(self.sd):
            return f"{self.mean:.{digits}f}"
        return f"{self.mean:.{digits}f} ± {self.sd:.{digits}f}"


def best(cells: list[Cell], larger_is_better: bool, digits: int = 3) -> list[bool]:
    """Which cells print the best mean; all that print the same number share it."""
    printed = [round(cell.mean, digits) for cell in cells]
    valid = [value for value in printed if not isnan(value)]
    if not valid:
        return [False] * len(cells)
    top = max(valid) if larger_is_better else min(valid)
    return [value == top for value in printed]
