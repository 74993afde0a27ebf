"""Exchangeable effects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .base import Correlation
from .context import Context
from .domains import Interval
from .iid import same


class CompoundSymmetry(Correlation):
    """One correlation for every pair (eq. 12); positions are labels.

    Parameters
    ----------
    rho : float
        Start value, above ``-1 / (size - 1)`` and below one.
    size : int
        Most effects that are correlated with each other: it bounds ``rho`` from below, so that
        the matrix is positive definite by construction.
    hold : iterable of str
    """

    type = "CS"
    keys = ("rho",)
    is_exchangeable = True

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> CompoundSymmetry:
        """``rho``, bounded by the most subjects that are correlated."""
        return cls(entry.get("rho", 0.3), size=context.size, hold=entry.get("hold", ()))

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[CompoundSymmetry, np.ndarray]:
        """Labels from zero."""
        return cls(size=size), np.arange(size)

    def __init__(self, rho: float = 0.3, *, size: int = 2, hold: Iterable[str] = ()) -> None:
        super().__init__({"rho": Interval(-1.0 / max(size - 1, 1), 1.0)}, [rho], hold)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """``rho``, and one where the labels agree."""
        return np.where(same(left, right), 1.0, values[0])

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """One off the diagonal."""
        return (~same(left, right)).astype(float)[None]

    def solve(self, params: np.ndarray, positions: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """Rank-one update of the identity."""
        (rho,), s = self.values(params), len(positions)
        shared = rho / (1.0 + (s - 1) * rho) * rhs.sum(axis=0)
        return (rhs - shared) / (1.0 - rho)
