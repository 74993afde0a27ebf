r"""The restricted likelihood, with the effects of all terms and the fixed effects solved out.

Notation of Bates et al. (2015): with relative effects :math:`u = \Lambda v` the criterion is
minus twice the restricted log-likelihood, with the residual variance profiled out where it is not
known. One Cholesky factor a level of the largest grouping factor (`levels`), then one of what is
left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.linalg.lapack import dtrtri

from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.levels import ByEffects, ByRows
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
    degrees : float
        Degrees of freedom of ``sigma2``, given all variances relative to it.
    levels : Levels
    reduced : ndarray, shape (n_levels, q, d + 1)
        The part in the levels' factors of all columns beside Z, the response last.
    """

    def __init__(self, gram: Gram, scales: Scales, p: int, dispersion: float | None = None) -> None:
        self._gram, self._scales, self._dispersion = gram, scales, dispersion
        width = gram.cross.shape[2]
        d = width - 1
        r = d - p
        T = scales.own
        self.levels = (ByEffects if gram.slots is None else ByRows)(gram, T)
        self._slots = slice(None) if gram.slots is None else gram.slots
        self.reduced = self.levels.lead @ gram.cross
        flat = self.flat(self.reduced)
        left = self.levels.less(lambda: gram.side, flat.T @ flat)
        scale = np.concatenate([scales.side, np.ones(p)])
        H = left[:d, :d] * scale[:, None]
        H *= scale
        H[np.arange(r), np.arange(r)] += 1.0
        if scales.fixed_precision is not None:
            H[r:, r:] += scales.fixed_precision
        H[np.arange(d), np.arange(d)] += JITTER * np.trace(H) / max(d, 1)
        # LAPACK takes the transpose, and gives it back, without a copy.
        self.root = cholesky(H.T, overwrite_a=True, check_finite=False).T
        self.scale = scale
        solved = solve_triangular(self.root, left[:d, d] * scale, lower=True)
        rss = max(float(left[d, d] - solved @ solved), np.finfo(float).tiny)
        self.degrees = df = gram.n - p + scales.n_informed
        self.sigma2 = rss / df if dispersion is None else dispersion
        logs = np.log(np.diagonal(self.root)).sum() + self.levels.log_root
        self.criterion = float(
            2.0 * logs
            + rss / self.sigma2
            + df * np.log(2.0 * np.pi * self.sigma2)
            - gram.log_weights
        )
        self._solved = solved
        self._coef = solve_triangular(self.root.T, solved, lower=False)
        self.side = self._coef * scale
        rest = self.reduced[:, :, d] - self.reduced[:, :, :d] @ self.side
        self._own = np.einsum("gij,gi->gj", self.levels.factor, rest)
        self.own = self._own @ T.T
        self.side[r:] += gram.start

    def flat(self, reduced: Array) -> Array:
        """Return what levels have of m columns one below the other, empty places left out.

        Parameters
        ----------
        reduced : ndarray, shape (n_levels, q, m)
        """
        levels, q, m = reduced.shape
        return reduced.reshape(levels * q, m)[self._slots]

    @cached_property
    def whitened(self) -> Array:
        """`reduced`, less the response, by effects beside Z whose covariance is the unit matrix."""
        (levels, q, _), d = self.reduced.shape, len(self.root)
        flat = self.flat(self.reduced[:, :, :d]) * self.scale
        out = np.zeros((levels * q, d))
        out[self._slots] = solve_triangular(
            self.root, flat.T, lower=True, overwrite_b=True, check_finite=False
        ).T
        return out.reshape(levels, q, d)

    @property
    def fixed_covariance(self) -> Array:
        """Covariance of the fixed effects' estimates, shape (p, p), in units of ``sigma2``."""
        part = self.root[len(self._scales.side) :, len(self._scales.side) :]
        return cho_solve((part, True), np.eye(len(part)))

    @property
    def effective_parameters(self) -> float:
        """How many effects the data determine, fixed ones included: the hat matrix's trace."""
        F = self.levels.factor
        d, (levels, _, k) = len(self.root), F.shape
        unknown = self._unknown_beside.sum()
        unknown += self.levels.unknown(levels * k, (F**2).sum())
        unknown += np.trace(self._through())
        if self._scales.fixed_precision is not None:
            unknown += np.sum(self._scales.fixed_precision * self.fixed_covariance)
        return d + levels * k - float(unknown)

    @property
    def _unknown_beside(self) -> Array:
        """What is unknown of the scaled effects beside Z, shape (r + s,)."""
        inverse, _ = dtrtri(self.root.T)
        return (inverse[: len(self._scales.side)] ** 2).sum(axis=1)

    def _through(self) -> Array:
        """Return what the effects beside Z, unknown themselves, add to levels; shape (k, k)."""
        F, beside = self.levels.factor, self.whitened
        levels, q, k = F.shape
        half = (beside @ np.swapaxes(beside, 1, 2)) @ F
        return F.reshape(levels * q, k).T @ half.reshape(levels * q, k)

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
        T = self._scales.own
        factors = T @ np.swapaxes(self.levels.factor, 1, 2)
        through = factors @ self.reduced[:, :, :r] @ root.T
        own = self.levels.unknown(T @ T.T, factors @ np.swapaxes(factors, 1, 2))
        own = own + through @ np.swapaxes(through, 1, 2)
        return self.sigma2 * own, self.sigma2 * root.T @ root

    def gradient(self, parameters: Parameters) -> Array:
        """Return the criterion's derivatives by the parameters.

        By Fisher's identity they need the posterior means and covariances of the scaled effects
        alone.
        """
        return parameters.gradient(self._scales, *self._derivatives)

    @cached_property
    def _derivatives(self) -> tuple[Array, Array]:
        """Half of those by the scaled effects' sizes, as `Parameters.gradient` takes them."""
        r = len(self._scales.side)
        by_side = 1.0 - self._unknown_beside - self._coef[:r] ** 2 / self.sigma2
        F = self.levels.factor
        levels, q, k = F.shape
        total, stacked = levels * np.eye(k), F.reshape(levels * q, k)
        second = self.levels.unknown(total, stacked.T @ stacked)
        second = second + self._through() + self._own.T @ self._own / self.sigma2
        return by_side, total - second

    def information(self, parameters: Parameters) -> Array:
        """Return what stands for the criterion's second derivatives by the parameters.

        The average information [1]_, times two: the mean of the second derivatives by covariances
        and of their expectation, in which the traces cancel, ``y' P dV P dV P y``, the residual
        variance profiled out where it is not known. And `Parameters.curvature`.

        Parameters
        ----------
        parameters : Parameters

        Returns
        -------
        ndarray, shape (m, m)
            Positive semi-definite.

        References
        ----------
        .. [1] Gilmour, A. R., Thompson, R. and Cullis, B. R. (1995). Average information REML: An
           efficient algorithm for variance parameter estimation in linear mixed models.
           Biometrics, 51, 1440-1450.
        """
        gram, d, r = self._gram, len(self.root), len(self._scales.side)
        side, own = parameters.directions(self._scales, self._coef[:r], self._own)
        by_level = gram.cross[:, :, :r] @ side + gram.own @ own
        rows, reduced = self.flat(self.reduced), self.flat(self.levels.lead @ by_level)

        def total() -> Array:
            beside = gram.side[:, :r] @ side
            beside += np.tensordot(gram.cross, own, axes=((0, 1), (0, 1)))
            among = side.T @ beside[:r] + np.tensordot(own, by_level, axes=((0, 1), (0, 1)))
            return np.vstack([beside, among])

        left = self.levels.less(total, np.vstack([rows.T @ reduced, reduced.T @ reduced]))
        solved = solve_triangular(self.root, left[:d] * self.scale[:, None], lower=True)
        out = (left[d + 1 :] - solved.T @ solved) / self.sigma2
        if self._dispersion is None:
            with_response = (left[d] - self._solved @ solved) / self.sigma2
            out -= np.outer(with_response, with_response) / self.degrees
        return out + parameters.curvature(self._scales, self._derivatives[1])


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
    _latest: dict[bytes, Solution] = field(default_factory=dict, init=False, repr=False)

    def solve(self, x: Array) -> Solution:
        """Return the model at the parameters `x`; the latest one is kept."""
        key = x.tobytes()
        if key not in self._latest:
            self._latest.clear()
            scales = self.parameters.scales(x)
            self._latest[key] = Solution(self.gram, scales, self.p, self.dispersion)
        return self._latest[key]

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return the criterion at `x` and its gradient."""
        solution = self.solve(x)
        return solution.criterion, solution.gradient(self.parameters)
