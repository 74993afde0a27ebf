r"""The restricted likelihood, with the effects of all terms and the fixed effects solved out.

Notation of Bates et al. (2015): with relative effects :math:`u = \Lambda v` the criterion is
minus twice the restricted log-likelihood, with the residual variance profiled out where it is not
known. One Cholesky factor a level of the largest grouping factor, then one of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, solve_triangular

from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.parameters import Parameters, Scales

Array = NDArray[np.float64]

JITTER = 1e-12
"""Added to the diagonal of the last factor, relative to its mean."""


class Solution:
    """The model at one vector of parameters.

    Parameters
    ----------
    gram : Gram
    scales : Scales
    p : int
        Fixed effects.
    dispersion : float, optional
        The residual variance where it is known.

    Attributes
    ----------
    criterion : float
        Minus twice the restricted log-likelihood.
    sigma2 : float
        Residual variance.
    side : ndarray, shape (r + s + p,)
        Effects beside Z, fixed effects last.
    own : ndarray, shape (n_levels, k)
        Effects of the largest factor's levels.
    """

    def __init__(self, gram: Gram, scales: Scales, p: int, dispersion: float | None = None) -> None:
        self._gram, self._scales = gram, scales
        levels, k, width = gram.cross.shape
        d = width - 1
        r = d - p
        T = scales.own
        inner = T.T @ gram.own @ T
        inner[:, np.arange(k), np.arange(k)] += 1.0
        roots = np.linalg.cholesky(inner)
        self.inverse_roots = np.linalg.inv(roots)
        self.reduced = (self.inverse_roots @ T.T) @ gram.cross
        flat = self.reduced.reshape(levels * k, width)
        left = gram.side - flat.T @ flat
        scale = np.concatenate([scales.side, np.ones(p)])
        H = left[:d, :d] * scale[:, None] * scale
        H[np.arange(r), np.arange(r)] += 1.0
        H[np.arange(d), np.arange(d)] += JITTER * np.trace(H) / max(d, 1)
        self.root, self.scale = np.linalg.cholesky(H), scale
        solved = solve_triangular(self.root, left[:d, d] * scale, lower=True)
        rss = max(float(left[d, d] - solved @ solved), np.finfo(float).tiny)
        df = gram.n - p
        self.sigma2 = rss / df if dispersion is None else dispersion
        logs = np.log(np.diagonal(self.root)).sum()
        logs += np.log(np.diagonal(roots, axis1=1, axis2=2)).sum()
        self.criterion = float(
            2.0 * logs
            + rss / self.sigma2
            + df * np.log(2.0 * np.pi * self.sigma2)
            - gram.log_weights
        )
        self._coef = solve_triangular(self.root.T, solved, lower=False)
        self.side = self._coef * scale
        rest = self.reduced[:, :, d] - self.reduced[:, :, :d] @ self.side
        self._own = np.einsum("gij,gi->gj", self.inverse_roots, rest)
        self.own = self._own @ T.T

    @property
    def fixed_covariance(self) -> Array:
        """Covariance of the fixed effects' estimates, shape (p, p), in units of ``sigma2``."""
        part = self.root[len(self._scales.side) :, len(self._scales.side) :]
        return cho_solve((part, True), np.eye(len(part)))

    @property
    def effective_parameters(self) -> float:
        """How many effects the data determine, fixed ones included: the hat matrix's trace."""
        d, (levels, k, _) = len(self.root), self.reduced.shape
        inverse = cho_solve((self.root, True), np.eye(d))
        unknown = np.diagonal(inverse)[: len(self._scales.side)].sum()
        if k:
            back = np.swapaxes(self.inverse_roots, 1, 2) @ (self.reduced[:, :, :d] * self.scale)
            whitened = solve_triangular(self.root, back.reshape(levels * k, d).T, lower=True)
            unknown += (self.inverse_roots**2).sum() + (whitened**2).sum()
        return d + levels * k - float(unknown)

    def effect_covariances(self) -> tuple[Array, Array]:
        """Return the covariances of all effects given the data and the fixed effects.

        Returns
        -------
        own : ndarray, shape (n_levels, k, k)
            Of each level's effects.
        side : ndarray, shape (r + s, r + s)
            Of the effects beside Z.
        """
        r = len(self._scales.side)
        # The fixed effects come last, so that this part of the factor does not know of them.
        root = solve_triangular(self.root[:r, :r], np.diag(self.scale[:r]), lower=True)
        factors = self._scales.own @ np.swapaxes(self.inverse_roots, 1, 2)
        through = factors @ self.reduced[:, :, :r] @ root.T
        own = factors @ np.swapaxes(factors, 1, 2) + through @ np.swapaxes(through, 1, 2)
        return self.sigma2 * own, self.sigma2 * root.T @ root

    def gradient(self, parameters: Parameters) -> Array:
        """Return the criterion's derivatives by the parameters.

        By Fisher's identity they need the posterior means and covariances of the scaled effects
        alone.
        """
        d = len(self.root)
        r = len(self._scales.side)
        inverse = cho_solve((self.root, True), np.eye(d))
        by_side = 1.0 - np.diagonal(inverse)[:r] - self._coef[:r] ** 2 / self.sigma2
        levels, k, _ = self.reduced.shape
        back = np.swapaxes(self.inverse_roots, 1, 2) @ (self.reduced[:, :, :d] * self.scale)
        flat = np.swapaxes(back, 0, 1).reshape(k * levels, d)
        whitened = solve_triangular(self.root, flat.T, lower=True).T.reshape(k, levels * d)
        stacked = np.swapaxes(self.inverse_roots, 0, 2).reshape(k, levels * k)
        second = stacked @ stacked.T + whitened @ whitened.T
        second += self._own.T @ self._own / self.sigma2
        return parameters.gradient(self._scales, by_side, levels * np.eye(k) - second)


@dataclass(frozen=True, eq=False)
class Criterion:
    """The restricted likelihood as a function of the parameters.

    Attributes
    ----------
    gram : Gram
    parameters : Parameters
    p : int
    dispersion : float or None
    """

    gram: Gram
    parameters: Parameters
    p: int
    dispersion: float | None = None

    def solve(self, x: Array) -> Solution:
        """Return the model at the parameters `x`."""
        return Solution(self.gram, self.parameters.scales(x), self.p, self.dispersion)

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the criterion at `x` and its gradient."""
        solution = self.solve(x)
        return solution.criterion, solution.gradient(self.parameters)
