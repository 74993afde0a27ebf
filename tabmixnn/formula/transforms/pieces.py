"""Learning a transform from a column that comes in pieces, as data larger than memory do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.formula.transforms.base import State

ENOUGH = 1000
"""Different values that are enough to know of a column: no polynomial has this degree."""


class PieceLearner(ABC):
    """Learns the state of a transform from pieces of its column, in one pass over them or more."""

    @abstractmethod
    def add(self, x: NDArray[np.float64]) -> None:
        """Look at a piece of the column, shape (b,)."""

    @abstractmethod
    def end_pass(self) -> State | None:
        """Return the state, or None if the column must be looked at once more.

        Raises
        ------
        ValueError
            If an option does not fit the column.
        """


class MomentsLearner(PieceLearner):
    """Mean and sum of squares about it, put together by the rule of Chan, Golub & LeVeque (1983).

    Parameters
    ----------
    make : callable
        From the number of rows, their mean and sum of squares to the state.
    """

    def __init__(self, make: Callable[[int, float, float], State]) -> None:
        self.make = make
        self.n, self.mean, self.squares = 0, 0.0, 0.0

    def add(self, x: NDArray[np.float64]) -> None:
        """Update both with a piece's own."""
        if not len(x):
            return
        mean, n = float(np.mean(x)), self.n + len(x)
        rest = x - mean
        shift = mean - self.mean
        self.squares += float(rest @ rest) + shift**2 * self.n * len(x) / n
        self.mean += shift * len(x) / n
        self.n = n

    def end_pass(self) -> State:
        """Return the state."""
        return self.make(self.n, self.mean, self.squares)


class RangeLearner(PieceLearner):
    """Smallest and largest value.

    Parameters
    ----------
    make : callable
        From a column that has both to the state.
    """

    def __init__(self, make: Callable[[NDArray[np.float64]], State]) -> None:
        self.make = make
        self.ends = np.array([np.inf, -np.inf])

    def add(self, x: NDArray[np.float64]) -> None:
        """Widen the range."""
        if len(x):
            self.ends = np.array([min(self.ends[0], x.min()), max(self.ends[1], x.max())])

    def end_pass(self) -> State:
        """Return the state."""
        return self.make(self.ends)


class DistinctLearner(PieceLearner):
    """Some different values.

    Parameters
    ----------
    make : callable
        From a column that has up to `ENOUGH` of the different values to the state.
    """

    def __init__(self, make: Callable[[NDArray[np.float64]], Any]) -> None:
        self.make = make
        self.values: set[float] = set()

    def add(self, x: NDArray[np.float64]) -> None:
        """Look for values that are new."""
        if len(self.values) < ENOUGH:
            self.values.update(np.unique(x)[:ENOUGH].tolist())

    def end_pass(self) -> State | None:
        """Return the state."""
        return self.make(np.array(sorted(self.values)))


class RecursionLearner(DistinctLearner):
    """The constants of orthogonal polynomials: those of one degree in each pass.

    Parameters
    ----------
    degree : callable
        From a column that has up to `ENOUGH` of the different values to the degree.
    """

    def __init__(self, degree: Callable[[NDArray[np.float64]], int]) -> None:
        super().__init__(degree)
        self.alpha: list[float] = []
        self.norm2 = [1.0]
        self._norm = self._moment = 0.0

    def add(self, x: NDArray[np.float64]) -> None:
        """Sum over the polynomial that is next."""
        super().add(x)
        previous, current = np.zeros_like(x), np.ones_like(x)
        for k, alpha in enumerate(self.alpha):
            ratio = self.norm2[k + 1] / self.norm2[k] if k else 0.0
            previous, current = current, (x - alpha) * current - ratio * previous
        self._norm += float(current @ current)
        self._moment += float((x * current) @ current)

    def end_pass(self) -> State | None:
        """Take the constants of a degree."""
        degree = self.make(np.array(sorted(self.values)))
        self.norm2.append(self._norm)
        self.alpha.append(self._moment / self._norm)
        self._norm = self._moment = 0.0
        if len(self.alpha) <= degree:
            return None
        return {
            "degree": degree,
            "raw": False,
            "alpha": self.alpha[:degree],
            "norm2": self.norm2,
        }
