"""Gaussian noise of the structural equations: one variance, or one for each variable.

A new model is a `NoiseModel` and one line in `NOISE_MODELS`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from torch import Tensor


class NoiseModel(ABC):
    """What residual sums of squares are worth.

    Attributes
    ----------
    scale_free : bool
        Whether the fit is the same in other units of the columns.
    is_shared : bool
        Whether what one equation's residuals are worth depends on the others'.
    """

    scale_free: ClassVar[bool]
    is_shared: ClassVar[bool]

    @abstractmethod
    def loss(self, squares: Tensor) -> Tensor:
        """Return what the relaxation minimises, of mean squared residuals of shape (d,)."""

    @abstractmethod
    def deviance(self, squares: np.ndarray, n_rows: int) -> float:
        """Return -2 log-likelihood at the best variances, of mean squared residuals (d,)."""

    @abstractmethod
    def rise(
        self, change: np.ndarray, square: float, rest: float, n_rows: int, n_variables: int
    ) -> np.ndarray:
        """Return by how much the deviance rises with changes of one mean squared residual.

        Parameters
        ----------
        change : ndarray
            Of that of one variable, `square`.
        square, rest : float
            What it is, and what those of all other variables add up to.
        n_rows, n_variables : int
        """

    @abstractmethod
    def n_variances(self, n_variables: int) -> int:
        """Return how many variances are estimated for d variables."""


class EqualVariances(NoiseModel):
    """The same variance for every equation, in the columns' own units.

    Where that is so it tells the direction of every edge (Peters and Buhlmann 2014); where it is
    not, the units decide (Reisach et al. 2021). This is the least-squares score of NOTEARS.
    """

    scale_free = False
    is_shared = True

    def loss(self, squares: Tensor) -> Tensor:
        return squares.sum() / 2

    def deviance(self, squares: np.ndarray, n_rows: int) -> float:
        size = n_rows * len(squares)
        return size * (math.log(2 * math.pi * squares.mean()) + 1)

    def rise(
        self, change: np.ndarray, square: float, rest: float, n_rows: int, n_variables: int
    ) -> np.ndarray:
        return n_rows * n_variables * np.log1p(change / (square + rest))

    def n_variances(self, n_variables: int) -> int:
        return 1


class UnequalVariances(NoiseModel):
    """A variance for every equation: units do not matter.

    With linear effects graphs with the same conditional independences then fit equally well, and
    no method can tell the direction of an edge that may point either way (Pearl 2009).
    """

    scale_free = True
    is_shared = False

    def loss(self, squares: Tensor) -> Tensor:
        return squares.log().sum() / 2

    def deviance(self, squares: np.ndarray, n_rows: int) -> float:
        return float(n_rows * (np.log(2 * math.pi * squares) + 1).sum())

    def rise(
        self, change: np.ndarray, square: float, rest: float, n_rows: int, n_variables: int
    ) -> np.ndarray:
        return n_rows * np.log1p(change / square)

    def n_variances(self, n_variables: int) -> int:
        return n_variables


NOISE_MODELS: dict[str, NoiseModel] = {
    "equal": EqualVariances(),
    "unequal": UnequalVariances(),
}
