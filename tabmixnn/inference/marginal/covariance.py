"""Covariances of the random effects of one level, as the exact likelihood moves them.

The random effects of one term are ``b = Lambda u`` with ``u ~ N(0, sigma^2 I)`` (Bates et al.
2015, eq. 3). A *relative covariance factor* of one level is a lower triangular ``(q, q)`` matrix
``T`` with ``Cov(b_level) = sigma^2 T T'``, and its parameters are entries of it. Profiling,
elimination, gradients, start values and restarts know no structure by name.

Those whose covariance is no free one, over the levels of a group, its effects or the residuals,
have a likelihood of their own, in ``structured/``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class RelativeFactor:
    """Map from unconstrained parameters to the relative covariance factor of one level.

    Parameters
    ----------
    size : int
        Number ``q`` of random effects of a level.
    rows, cols : ndarray of int of shape (n_params,)
        Which entry of the factor each parameter is; all others are zero.

    Attributes
    ----------
    scales : ndarray of int
        Parameters on the diagonal: standard deviations, up to sign. Zero is their boundary: the
        optimiser passes through it freely because the criterion is even in each of them, and a fit
        that ends there is reported as singular.
    """

    def __init__(self, size: int, rows: np.ndarray, cols: np.ndarray) -> None:
        self.size, self.rows, self.cols = size, rows, cols
        self.scales = np.flatnonzero(rows == cols)

    @property
    def n_params(self) -> int:
        """Number of parameters."""
        return len(self.rows)

    def start(self, sd: np.ndarray) -> np.ndarray:
        """Parameters ``(n_params,)`` of independent effects with relative deviations ``sd``."""
        params = np.zeros(self.n_params)
        params[self.scales] = sd
        return params

    def factor(self, params: np.ndarray) -> np.ndarray:
        """Lower triangular ``(size, size)`` factor."""
        out = np.zeros((self.size, self.size))
        out[self.rows, self.cols] = params
        return out

    def derivatives(self, params: np.ndarray) -> np.ndarray:
        """Derivatives of the factor, ``(n_params, size, size)``."""
        out = np.zeros((self.n_params, self.size, self.size))
        out[np.arange(self.n_params), self.rows, self.cols] = 1.0
        return out

    def pullback(self, params: np.ndarray, grad: np.ndarray) -> np.ndarray:
        """Gradient ``(n_params,)`` from the gradient ``(size, size)`` in the factor's entries."""
        return grad[self.rows, self.cols]

    def from_factor(self, factor: np.ndarray) -> np.ndarray:
        """Parameters whose factor is ``factor``."""
        return factor[self.rows, self.cols]

    def theta_names(self, group: str, names: Sequence[str]) -> list[str]:
        """Names in lme4's manner: ``g.x`` on the diagonal, ``g.x.z`` off it."""
        return [
            f"{group}.{names[row]}" + ("" if row == col else f".{names[col]}")
            for row, col in zip(self.rows, self.cols, strict=True)
        ]


class Unstructured(RelativeFactor):
    """Any covariance: the lower triangle by columns, in the order of lme4's ``theta``."""

    def __init__(self, size: int) -> None:
        cols, rows = np.triu_indices(size)
        super().__init__(size, rows, cols)


class Diagonal(RelativeFactor):
    """Independent effects, each with its own variance (``||`` in a formula)."""

    def __init__(self, size: int) -> None:
        places = np.arange(size)
        super().__init__(size, places, places)
