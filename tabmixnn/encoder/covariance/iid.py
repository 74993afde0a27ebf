"""Independent effects."""

from __future__ import annotations

from typing import Any

import numpy as np

from .base import Correlation
from .context import Context


def same(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Whether each left label is each right one, ``(..., a, b)``."""
    return left[..., :, None] == right[..., None, :]


class IID(Correlation):
    """Independent random effects (eq. 9); positions are labels."""

    type = "IID"

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> IID:
        """No keys."""
        return cls()

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[IID, np.ndarray]:
        """Labels from zero."""
        return cls(), np.arange(size)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """One where the labels agree."""
        return same(left, right).astype(float)

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """No parameters: ``(0, ..., a, b)``."""
        return np.zeros((0, *same(left, right).shape))

    def solve(self, params: np.ndarray, positions: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """The right-hand side itself."""
        return np.array(rhs, dtype=float)
