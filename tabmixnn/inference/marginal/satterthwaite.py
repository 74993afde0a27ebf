"""Satterthwaite's degrees of freedom for fixed effects of a linear mixed model.

The variance of an estimate is itself estimated; matching its first two moments to a chi-square
gives ``df = 2 v^2 / Var(v)`` (Kuznetsova et al. 2017, section 2), with ``Var(v)`` by the delta
method from the curvature of the criterion in all variance parameters. Which these are does not
matter at the optimum; here they are the optimiser's own and the logarithm of sigma, which know
neither units nor origins.
"""

from __future__ import annotations

import numpy as np

from .contrasts import ContrastTest, as_contrasts, f_test, t_test
from .result import LMMFit

STEP = 1e-4
"""Of a difference, as a share of the parameter's size."""
SMALLEST = 0.1
"""Size that a parameter has at least: standard deviations relative to sigma may be zero."""
FLAT = 1e-8
"""Directions of smaller relative curvature carry no information (parameters at a boundary)."""


class VarianceUncertainty:
    """Covariance of the variance parameters and how the fixed effects' covariance follows them.

    Attributes
    ----------
    covariance : ndarray of shape (k, k)
        Of the optimiser's parameters and the logarithm of sigma, as shares of their sizes.
    jacobian : ndarray of shape (k, p, p)
        Derivative of the covariance of the fixed effects by these.
    """

    def __init__(self, fit: LMMFit) -> None:
        x = np.append(fit.working, np.log(fit.sigma))
        sizes = np.append(np.maximum(np.abs(fit.working), SMALLEST), 1.0)
        hessian, jacobian = [], []
        for move in STEP * np.diag(sizes):
            ends = [fit.at(end[:-1], np.exp(end[-1])) for end in (x + move, x - move)]
            _, slopes, covs = (ahead - behind for ahead, behind in zip(*ends, strict=True))
            hessian.append(slopes * sizes / (2.0 * STEP))
            jacobian.append(covs / (2.0 * STEP))
        hessian, self.jacobian = np.array(hessian), np.array(jacobian)
        values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
        informative = values > FLAT * values.max()
        inverse = np.zeros(len(x))
        inverse[informative] = 1.0 / values[informative]
        self.covariance = 2.0 * (vectors * inverse) @ vectors.T

    def df(self, contrast: np.ndarray, variance: float) -> float:
        """Degrees of freedom of one combination with this variance."""
        slope = np.einsum("i,kij,j->k", contrast, self.jacobian, contrast)
        return float(2.0 * variance**2 / (slope @ self.covariance @ slope))


class Satterthwaite:
    """Tests of combinations of the fixed effects; the curvature is taken once for all of them.

    Parameters
    ----------
    fit : LMMFit

    Attributes
    ----------
    uncertainty : VarianceUncertainty
    """

    def __init__(self, fit: LMMFit) -> None:
        self.fit, self.uncertainty = fit, VarianceUncertainty(fit)

    def test(self, L: np.ndarray) -> ContrastTest:
        """Test combinations of the fixed effects.

        Parameters
        ----------
        L : ndarray of shape (p,) or (r, p)
            One combination (t test) or several at once (F test).

        Raises
        ------
        DesignError
            ``L`` does not fit the model.
        """
        fit, df = self.fit, self.uncertainty.df
        L = as_contrasts(L, len(fit.beta))
        cov = L @ fit.vcov_beta @ L.T
        estimate, se = L @ fit.beta, np.sqrt(np.diagonal(cov))
        if len(L) == 1:
            return t_test(estimate[0], se[0], df(L[0], float(cov[0, 0])))
        # Independent combinations, each with its own df, then one F with the same mean.
        values, vectors = np.linalg.eigh(cov)
        rotated = vectors.T @ L
        t_squared = (rotated @ fit.beta) ** 2 / values
        dfs = np.array([df(row, v) for row, v in zip(rotated, values, strict=True)])
        return f_test(estimate, se, float(t_squared.mean()), _pooled_df(dfs))


def _pooled_df(dfs: np.ndarray) -> float:
    """Denominator df of the mean of squared t variables, from its expectation."""
    if np.ptp(dfs) < 1e-8:
        return float(dfs.mean())
    if (dfs <= 2.0).any():
        return 2.0
    expectation = float((dfs / (dfs - 2.0)).sum())
    return 2.0 * expectation / (expectation - len(dfs))
