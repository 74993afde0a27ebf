"""Covariance of the effects of one level, relative to the residual variance.

Unlike a :class:`RelativeFactor` these are covariances, not factors: the structured likelihood
never takes a root of them, so that a singular one is an ordinary point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..covariance import Diagonal, RelativeFactor, Unstructured
from ..smallblocks import canonical_factor, semidefinite_cholesky


class SlopeCovariance(ABC):
    """Map from unconstrained parameters to a ``(q, q)`` covariance in working coordinates.

    Attributes
    ----------
    whitening : ndarray of shape (q, q)
        Lower triangular ``L``: the working columns are ``Z L^-1``, the working covariance
        ``L S L'``.
    n_params : int
    scales : ndarray of int
        Positions of standard deviations, whose zero is a boundary.
    """

    whitening: np.ndarray
    n_params: int
    scales: np.ndarray

    @abstractmethod
    def start(self, sd: np.ndarray) -> np.ndarray:
        """Parameters of effects with relative standard deviations ``sd (q,)``."""

    @abstractmethod
    def covariance(self, params: np.ndarray) -> np.ndarray:
        """Working covariance ``(q, q)``."""

    @abstractmethod
    def pullback(self, params: np.ndarray, bar: np.ndarray) -> np.ndarray:
        """Gradient ``(n_params,)`` from a symmetric gradient in the entries."""

    @abstractmethod
    def theta(self, params: np.ndarray) -> np.ndarray:
        """Parameters in the units of the data."""

    @abstractmethod
    def theta_names(self, group: str, names: list[str]) -> list[str]:
        """Names of ``theta``."""

    def natural(self, params: np.ndarray) -> np.ndarray:
        """Covariance ``(q, q)`` in the units of the data."""
        inverse = np.linalg.inv(self.whitening)
        return inverse @ self.covariance(params) @ inverse.T

    def natural_factor(self, params: np.ndarray) -> np.ndarray:
        """Lower triangular factor ``(q, q)`` of :meth:`natural`, its diagonal not negative."""
        return semidefinite_cholesky(self.natural(params))


class FactorSlope(SlopeCovariance):
    """Free or diagonal covariance, by its whitened lower triangular factor.

    Parameters
    ----------
    whitening : ndarray of shape (q, q)
    correlated : bool
    """

    def __init__(self, whitening: np.ndarray, correlated: bool) -> None:
        self.whitening, size = whitening, len(whitening)
        self.factor: RelativeFactor = (
            Unstructured(size) if correlated or size == 1 else Diagonal(size)
        )
        self.n_params, self.scales = self.factor.n_params, self.factor.scales

    def start(self, sd: np.ndarray) -> np.ndarray:
        """Diagonal factor."""
        return self.factor.start(sd)

    def covariance(self, params: np.ndarray) -> np.ndarray:
        """``T T'``."""
        T = self.factor.factor(params)
        return T @ T.T

    def pullback(self, params: np.ndarray, bar: np.ndarray) -> np.ndarray:
        """Through ``T T'``."""
        return self.factor.pullback(params, 2.0 * bar @ self.factor.factor(params))

    def natural_factor(self, params: np.ndarray) -> np.ndarray:
        """Factor in the units of the data: its square has fewer digits far from the origin."""
        return canonical_factor(np.linalg.solve(self.whitening, self.factor.factor(params)))

    def theta(self, params: np.ndarray) -> np.ndarray:
        """Entries of the factor in the units of the data."""
        return self.factor.from_factor(self.natural_factor(params))

    def theta_names(self, group: str, names: list[str]) -> list[str]:
        """Those of the factor."""
        return self.factor.theta_names(group, names)


class CorrelatedSlope(SlopeCovariance):
    """A correlation structure over the effects, with one variance or one for each.

    Parameters
    ----------
    placed : Placed
        The structure at the positions of the ``q`` effects.
    heterogeneous : bool
    """

    def __init__(self, placed, heterogeneous: bool) -> None:
        self.placed, self.size = placed, len(placed)
        self.whitening = np.eye(self.size)
        self.n_sd = self.size if heterogeneous else 1
        self.n_params = self.n_sd + placed.n_params
        self.scales = np.arange(self.n_sd)

    def start(self, sd: np.ndarray) -> np.ndarray:
        """Given standard deviations (their root mean square), the structure's own start."""
        rms = np.sqrt(np.mean(sd**2))
        first = sd if self.n_sd == self.size else np.array([rms])
        return np.append(first, self.placed.start)

    def _sd(self, params: np.ndarray) -> np.ndarray:
        return np.broadcast_to(params[: self.n_sd], (self.size,))

    def covariance(self, params: np.ndarray) -> np.ndarray:
        """``D R D``."""
        sd = self._sd(params)
        return sd[:, None] * self.placed.matrix(params[self.n_sd :]) * sd

    def pullback(self, params: np.ndarray, bar: np.ndarray) -> np.ndarray:
        """Through ``D R D``."""
        sd, inner = self._sd(params), params[self.n_sd :]
        by_sd = 2.0 * (bar * self.placed.matrix(inner)) @ sd
        if self.n_sd == 1:
            by_sd = by_sd.sum(keepdims=True)
        scaled = bar * np.outer(sd, sd)
        by_inner = np.tensordot(self.placed.derivatives(inner), scaled, axes=2)
        return np.append(by_sd, by_inner)

    def theta(self, params: np.ndarray) -> np.ndarray:
        """Standard deviations made positive where one sign is free."""
        out = params.copy()
        if self.n_sd == 1 or (params[: self.n_sd] <= 0).all():
            out[: self.n_sd] = np.abs(out[: self.n_sd])
        return out

    def theta_names(self, group: str, names: list[str]) -> list[str]:
        """Relative deviations, then the structure's parameters."""
        first = names if self.n_sd == self.size else ["sd"]
        return [f"{group}.{name}" for name in [*first, *self.placed.structure.names]]
