"""Profiling the fixed effects and the residual variance out of the Gaussian likelihood.

With the random effects integrated out, the criterion depends on the data only through the
``(p + 1, p + 1)`` Schur complement ``S`` of ``[X, y]`` given the random effects (Bates et al.
2015, section 3.4): ``S_XX = R_X' R_X``, and the penalised residual sum of squares is what is left
of ``S_yy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotrs


class CriterionError(ArithmeticError):
    """The criterion is not finite at these parameters."""


@dataclass
class Profiled:
    """Value of the profiled part of the criterion and its adjoint.

    Attributes
    ----------
    value : float
        ``log|S_XX|`` (REML only) plus the Gaussian part, on the deviance scale.
    adjoint : ndarray of shape (p + 1, p + 1)
        Derivative of ``value`` with respect to ``S``.
    gamma : ndarray of shape (p,)
        Coefficients of the columns of ``S_XX``.
    rss : float
        Penalised residual sum of squares.
    xtvx_inverse : ndarray of shape (p, p)
        ``S_XX^-1``: the covariance of ``gamma`` over ``sigma^2``.
    sigma : float
        Given, or the value that minimises the criterion.
    information : ndarray of shape (k, k), optional
        Average information of the directions that were asked for.
    """

    value: float
    adjoint: np.ndarray
    gamma: np.ndarray
    rss: float
    xtvx_inverse: np.ndarray
    sigma: float
    information: np.ndarray | None = None


def profile_fixed(S: np.ndarray, n_resid: int, reml: bool, sigma: float | None = None) -> Profiled:
    """Minimise the criterion over the coefficients and, unless it is given, over sigma.

    Bates et al. 2015, eqs. 35 (ML) and 42 (REML).

    Parameters
    ----------
    S : ndarray of shape (p + 1, p + 1)
    n_resid : int
        ``n`` for ML, ``n - p`` for REML.
    reml : bool
    sigma : float, optional
        Residual standard deviation at which to evaluate.

    Raises
    ------
    CriterionError
        ``S`` is not positive definite to working precision.
    """
    p = len(S) - 1
    adjoint = np.zeros((p + 1, p + 1))
    value = 0.0
    inverse = np.zeros((0, 0))
    weights = np.ones(p + 1)
    if p:
        lower, fail = dpotrf(S[:p, :p], lower=1)
        if fail:
            raise CriterionError("X'V^-1X is not positive definite")
        gamma = dpotrs(lower, S[:p, p], lower=1)[0]
        weights[:p] = -gamma
        inverse = dpotrs(lower, np.eye(p), lower=1)[0]
        if reml:
            value = 2.0 * float(np.log(np.diagonal(lower)).sum())
            adjoint[:p, :p] = inverse
        rss = float(S[p, p] - S[:p, p] @ gamma)
    else:
        gamma = np.zeros(0)
        rss = float(S[0, 0])
    if not rss > 0.0:
        raise CriterionError("the residual sum of squares vanishes: the model fits exactly")
    if sigma is None:
        sigma = (rss / n_resid) ** 0.5
    variance = sigma * sigma
    value += n_resid * log(2.0 * pi * variance) + rss / variance
    adjoint += np.outer(weights, weights) / variance
    return Profiled(value, adjoint, gamma, rss, inverse, sigma)
