"""Ordinary and weighted least squares with the likelihoods of a linear mixed model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tabmixnn.inference.exact.no_effects import FixedFit
from tabmixnn.inference.marginal.fixed import FixedBasis, fixed_part
from tabmixnn.inference.marginal.minimize import Solution
from tabmixnn.inference.marginal.summed import FixedSums


class LinearFit(FixedFit):
    """A fitted linear model: the limit of a linear mixed model without random effects.

    Parameters
    ----------
    part : FixedBasis
        Of n rows, or of their sums.
    log_weights : float
        Sum of the logarithms of the rows' weights.
    X, y, weights, offset : ndarray
        The rows.
    names : sequence of str, length p
    reml : bool

    Attributes
    ----------
    reml : bool
        Whether `sigma` divides by n - p and `loglik` is the restricted one.
    criterion_value : float
        Minus twice `loglik`.
    """

    def __init__(
        self,
        part: FixedBasis,
        log_weights: float,
        X: np.ndarray,
        y: np.ndarray,
        names: Sequence[str],
        weights: np.ndarray | None,
        offset: np.ndarray | None,
        reml: bool,
    ) -> None:
        n, p = part.n, part.rank
        n_resid = n - p if reml else n
        rss = float(part.gram[-1, -1])
        super().__init__(np.sqrt(rss / n_resid), X, y, part.kept, list(names), weights, offset)
        self.reml = reml
        self.beta = part.beta_start
        inverse_root = np.linalg.inv(part.root)
        self.vcov_beta = self.sigma**2 * inverse_root @ inverse_root.T
        # Bates et al. 2015, eqs. 34 and 41 with theta = 0.
        value = n_resid * (1.0 + np.log(2.0 * np.pi * rss / n_resid))
        value -= log_weights
        if reml:
            value += 2.0 * float(np.log(np.abs(np.diagonal(part.root))).sum())
        self.criterion_value, self.loglik = value, -0.5 * value
        self.df = p + 1
        self.n_eval, self.gradient_norm, self.converged = 1, 0.0, True


def fit_linear(
    X: np.ndarray,
    y: np.ndarray,
    *,
    names: Sequence[str],
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    reml: bool = True,
    at: Solution | None = None,
) -> LinearFit:
    """Fit a linear model by (weighted) least squares.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    y : ndarray, shape (n,)
    names : sequence of str, length p
    weights, offset : ndarray, shape (n,), optional
        Precision weights; known part of the mean.
    reml : bool
        Unbiased residual variance and restricted likelihood, or maximum likelihood.
    at : Solution, optional
        Not needed: nothing is searched.
    """
    root_weights = None if weights is None else np.sqrt(weights)
    log_weights = 0.0 if weights is None else float(np.log(weights).sum())
    part = fixed_part(X, y if offset is None else y - offset, root_weights, list(names))
    return LinearFit(part, log_weights, X, y, names, weights, offset, reml)


def fit_summed_linear(
    part: FixedSums,
    absent: Any,
    *,
    names: Sequence[str],
    reml: bool = True,
    at: Solution | None = None,
) -> LinearFit:
    """Fit a linear model from the sums over rows that are not at hand.

    Parameters
    ----------
    part : FixedSums
    absent : object
        Stands for all arrays of rows in the result. It has their number as its length.
    names, reml, at
        See `fit_linear`.
    """
    return LinearFit(part, part.log_weights, absent, absent, names, absent, absent, reml)
