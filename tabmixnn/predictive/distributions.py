"""Predictive distributions in closed form and by draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np
from scipy import stats

ROWS = 2048
"""Rows drawn for at a time."""
KEPT_ROWS = 4 * ROWS
"""Rows whose draws are kept until the next question: 16 MB a block of 1,000 draws."""


class Predictive(ABC):
    """The distribution of the outcomes of n rows, each on its own.

    Attributes
    ----------
    mean, std : ndarray, shape (n,)
    """

    mean: np.ndarray
    std: np.ndarray

    @abstractmethod
    def quantile(self, p: float) -> np.ndarray:
        """Return the quantile of every row at a probability, shape (n,)."""


class NormalPredictive(Predictive):
    """Normal, or Student's t: where the scale is estimated from few rows, or tails are longer.

    Parameters
    ----------
    mean, std : ndarray, shape (n,)
    df : float or ndarray, shape (n,)
        Degrees of freedom; infinite for the normal distribution.
    scale : ndarray, shape (n,), optional
        Of the distribution; by default the standard deviation as it is estimated.
    """

    def __init__(
        self,
        mean: np.ndarray,
        std: np.ndarray,
        df: float | np.ndarray = np.inf,
        scale: np.ndarray | None = None,
    ) -> None:
        self.mean, self.std, self.df = mean, std, df
        self.scale = std if scale is None else scale

    def quantile(self, p: float) -> np.ndarray:
        return self.mean + self.scale * stats.t.ppf(p, self.df)


class DrawnPredictive(Predictive):
    """Known by draws.

    Parameters
    ----------
    draw : callable
        From a slice of the rows to draws, shape (n_draws, m); the same each time it is called.
    n_rows : int
    discrete : bool
        Whether quantiles have to be values that outcomes can have.
    """

    def __init__(
        self, draw: Callable[[slice], np.ndarray], n_rows: int, *, discrete: bool = False
    ) -> None:
        self.draw, self.n_rows, self.discrete = draw, n_rows, discrete

        self._kept: dict[int, np.ndarray] = {}

    def _blocks(self) -> Iterator[np.ndarray]:
        """Yield the draws of some rows after another; the first few blocks are remembered."""
        for start in range(0, self.n_rows, ROWS):
            drawn = self._kept.get(start)
            if drawn is None:
                drawn = self.draw(slice(start, min(start + ROWS, self.n_rows)))
            if start < KEPT_ROWS:
                self._kept[start] = drawn
            yield drawn

    @cached_property
    def _moments(self) -> np.ndarray:
        parts = [np.stack([drawn.mean(axis=0), drawn.std(axis=0)]) for drawn in self._blocks()]
        return np.concatenate(parts, axis=1) if parts else np.zeros((2, 0))

    @property
    def mean(self) -> np.ndarray:
        return self._moments[0]

    @property
    def std(self) -> np.ndarray:
        return self._moments[1]

    def quantile(self, p: float) -> np.ndarray:
        way = "inverted_cdf" if self.discrete else "linear"
        parts = [np.quantile(drawn, p, axis=0, method=way) for drawn in self._blocks()]
        return np.concatenate(parts) if parts else np.zeros(0)
