"""``scale`` and ``center``: subtract the training mean, divide by the training spread."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.transforms.base import State, Transform, number
from tabmixnn.formula.transforms.pieces import MomentsLearner, PieceLearner


class Scale(Transform):
    """R's ``scale(x, center = TRUE, scale = TRUE)``; both also take a number.

    The spread is the root of the sum of squares of what is left after centring, over n - 1: the
    standard deviation if the mean was subtracted.
    """

    parameters: ClassVar[dict[str, Any]] = {"center": True, "scale": True}

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Learn the two numbers."""
        center = _either(options["center"], "center", 0.0, lambda: float(np.mean(x)))
        rest = x - center
        return self._state(options, center, float(np.sum(rest * rest)), len(x))

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Learn the two numbers from the mean and the sum of squares about it."""

        def make(n: int, mean: float, squares: float) -> State:
            center = _either(options["center"], "center", 0.0, lambda: mean)
            return self._state(options, center, squares + n * (mean - center) ** 2, n)

        return MomentsLearner(make)

    @staticmethod
    def _state(options: dict[str, Any], center: float, squares: float, n: int) -> State:
        spread = _either(
            options["scale"], "scale", 1.0, lambda: float(np.sqrt(squares / max(1, n - 1)))
        )
        if not spread > 1e-14 * abs(center):
            raise ValueError("the column is constant, so there is nothing to divide by")
        return {"center": center, "scale": spread}

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Return ``(x - center) / scale``."""
        return (x - state["center"]) / state["scale"]


class Center(Transform):
    """``center(x)``: subtract the training mean."""

    def fit(self, x: NDArray[np.float64], **options: Any) -> State:
        """Learn the mean."""
        return {"center": float(np.mean(x))}

    def in_pieces(self, **options: Any) -> PieceLearner:
        """Learn the mean."""
        return MomentsLearner(lambda n, mean, squares: {"center": mean})

    def apply(self, x: NDArray[np.float64], state: State) -> NDArray[np.float64]:
        """Return ``x - mean``."""
        return x - state["center"]


def _either(option: Any, name: str, neutral: float, learn: Any) -> float:
    if isinstance(option, bool):
        return learn() if option else neutral
    return number(option, name)
