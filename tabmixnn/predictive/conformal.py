"""Split-conformal calibration that tells known groups from new ones (Lei et al. 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Calibration:
    """How far held-out outcomes were from their predictions, in predictive deviations.

    Parameters
    ----------
    known, new : ndarray
        Of rows whose groups the model had seen, and of rows with a new group: the former say
        nothing of the latter, whose effects nobody knows.
    """

    known: np.ndarray
    new: np.ndarray

    @classmethod
    def of(
        cls, y: np.ndarray, mean: np.ndarray, std: np.ndarray, is_new: np.ndarray
    ) -> Calibration:
        """Return the scores ``|y - mean| / std`` of n rows."""
        scores = np.abs(y - mean) / np.maximum(std, np.finfo(float).tiny)
        return cls(scores[~is_new], scores[is_new])

    def factors(self, level: float, is_new: np.ndarray) -> np.ndarray:
        """Return by how many deviations the intervals of n rows reach, shape (n,).

        Raises
        ------
        ValueError
            If there are too few scores of a kind that is needed.
        """
        out = np.empty(len(is_new))
        for name, rows in (("known", ~is_new), ("new", is_new)):
            if rows.any():
                out[rows] = conformal_factor(getattr(self, name), level, name)
        return out


def conformal_factor(scores: np.ndarray, level: float, name: str) -> float:
    """Return the ``ceil((n + 1) level)``-th smallest of n scores.

    Raises
    ------
    ValueError
        If there are fewer than ``level / (1 - level)`` scores.
    """
    position = math.ceil((len(scores) + 1) * level - 1e-9)
    if position > len(scores):
        needed = math.ceil(level / (1 - level) - 1e-9)
        raise ValueError(
            f"An interval of {level:g} for {name} groups needs {needed} held-out rows of {name} "
            f"groups to calibrate on, and there are {len(scores)}; call calibrate() with more "
            "rows, or ask for a smaller interval."
        )
    return float(np.partition(scores, position - 1)[position - 1])
