"""What a covariance structure must supply to the exact likelihood.

The random effects of one term are ``b = Lambda u`` with ``u ~ N(0, sigma^2 I)`` (Bates et al.
2015, eq. 3). A structure is a map from unconstrained numbers to the *relative covariance factor*
of one level, a lower triangular ``(q, q)`` matrix ``T`` with ``Cov(b_level) = sigma^2 T T'``, and
the adjoint of that map. Everything else (profiling, elimination, gradients, start values,
restarts) is written against these methods and knows no structure by name:

``n_params``
    how many numbers the optimiser moves.
``scales``
    positions of the numbers that are standard deviations, up to sign. Zero is their boundary:
    the optimiser passes through it freely because the criterion is even in each of them, and a
    fit that ends there is reported as singular.
``start(sd)``
    a start value from a moment estimate of the ``(q,)`` relative standard deviations.
``factor(params)``
    the ``(q, q)`` factor ``T``. It has to be smooth in ``params`` and may be singular.
``derivatives(params)``
    ``d T / d params``, an array ``(n_params, q, q)``.

A structure *over the levels* of a group (AR1 along time, kinship, Gaussian process) is the same
map with the whole group as its one level: ``q`` counts the group's levels and the block's ``Z``
is the indicator of the level, so the group joins the dense remainder of the elimination. If its
correlation is known up to scale (kinship) the indicator is multiplied by the known factor
instead and an ordinary scalar term is left. A *within-group residual* structure whitens ``X``,
``y`` and ``Z`` before they reach the likelihood and adds its log-determinant to the criterion.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np


class RelativeFactor(ABC):
    """Map from unconstrained parameters to the relative covariance factor of one level.

    Parameters
    ----------
    size : int
        Number ``q`` of random effects of a level.
    """

    def __init__(self, size: int) -> None:
        self.size = size

    @property
    @abstractmethod
    def n_params(self) -> int:
        """Number of parameters."""

    @property
    @abstractmethod
    def scales(self) -> np.ndarray:
        """Positions in the parameter vector whose zero is a boundary of the model."""

    @abstractmethod
    def start(self, sd: np.ndarray) -> np.ndarray:
        """Parameters ``(n_params,)`` of independent effects with relative deviations ``sd``."""

    @abstractmethod
    def factor(self, params: np.ndarray) -> np.ndarray:
        """Lower triangular ``(size, size)`` factor."""

    @abstractmethod
    def derivatives(self, params: np.ndarray) -> np.ndarray:
        """Derivatives of the factor, ``(n_params, size, size)``."""

    def pullback(self, params: np.ndarray, grad: np.ndarray) -> np.ndarray:
        """Gradient ``(n_params,)`` from the gradient ``(size, size)`` in the factor's entries."""
        return np.tensordot(self.derivatives(params), grad, axes=2)

    @abstractmethod
    def from_factor(self, factor: np.ndarray) -> np.ndarray:
        """Parameters whose factor is ``factor``."""


class _Entries(RelativeFactor):
    """A factor whose parameters are some of its own entries, at fixed places."""

    def __init__(self, size: int, rows: np.ndarray, cols: np.ndarray) -> None:
        super().__init__(size)
        self.rows, self.cols = rows, cols
        self._scales = np.flatnonzero(rows == cols)

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        return len(self.rows)

    @property
    def scales(self) -> np.ndarray:
        """Positions of the diagonal entries."""
        return self._scales

    def start(self, sd: np.ndarray) -> np.ndarray:
        """Diagonal factor with the given relative standard deviations."""
        params = np.zeros(self.n_params)
        params[self._scales] = sd
        return params

    def factor(self, params: np.ndarray) -> np.ndarray:
        """Scatter the parameters into the lower triangle."""
        out = np.zeros((self.size, self.size))
        out[self.rows, self.cols] = params
        return out

    def derivatives(self, params: np.ndarray) -> np.ndarray:
        """One unit entry each."""
        out = np.zeros((self.n_params, self.size, self.size))
        out[np.arange(self.n_params), self.rows, self.cols] = 1.0
        return out

    def pullback(self, params: np.ndarray, grad: np.ndarray) -> np.ndarray:
        """Gather the gradient from the lower triangle."""
        return grad[self.rows, self.cols]

    def from_factor(self, factor: np.ndarray) -> np.ndarray:
        """Gather the parameters from the lower triangle."""
        return factor[self.rows, self.cols]


class Unstructured(_Entries):
    """Any covariance: the lower triangle by columns, in the order of lme4's ``theta``."""

    def __init__(self, size: int) -> None:
        cols, rows = np.triu_indices(size)
        super().__init__(size, rows, cols)


class Diagonal(_Entries):
    """Independent effects, each with its own variance (``||`` in a formula)."""

    def __init__(self, size: int) -> None:
        places = np.arange(size)
        super().__init__(size, places, places)
