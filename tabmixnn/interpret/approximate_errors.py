"""Approximate standard errors of a network's linearised coefficients."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.inference.marginal import RankDeficientWarning
from tabmixnn.inference.marginal.fixed import fixed_part
from tabmixnn.inference.marginal.gaussian import GaussianLikelihood
from tabmixnn.inference.marginal.smallblocks import semidefinite_cholesky
from tabmixnn.inference.marginal.terms import group_terms


def generalised_least_squares_errors(
    X: np.ndarray,
    names: Sequence[str],
    blocks: Sequence[Any],
    covariances: Sequence[np.ndarray],
    sigma: float,
    weights: np.ndarray | None = None,
) -> pd.Series:
    """Return the roots of the diagonal of ``(X' V^-1 X)^-1``.

    The standard errors that a linear mixed model with these variances would have, where
    ``V = Z G Z' + sigma^2 W^-1``.

    Parameters
    ----------
    X : ndarray, shape (n, p)
        Fixed-effects design; aliased columns are left out.
    names : sequence of str, length p
    blocks : sequence of RandomBlock
        The random-effects terms of the n rows, all of known levels.
    covariances : sequence of ndarray, shape (q, q)
        Covariance of each term's effects.
    sigma : float
        Residual standard deviation of a row of weight one.
    weights : ndarray, shape (n,), optional

    Returns
    -------
    Series
        By column name.
    """
    root_weights = None if weights is None else np.sqrt(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RankDeficientWarning)
        # The likelihood wants a response that does not fit exactly; the errors do not depend on it.
        response = np.random.default_rng(0).standard_normal(len(X))
        part = fixed_part(X, response, root_weights, list(names))
    inverse_root = np.linalg.inv(part.root)
    inner = np.eye(part.rank)
    if blocks:
        likelihood = GaussianLikelihood(part, group_terms(blocks, root_weights), False, weights)
        factors = [semidefinite_cholesky(G) / sigma for G in covariances]
        theta = np.concatenate(
            [
                term.structure.from_factor(factors[term.position])
                for term in likelihood.parameters.terms
            ]
        )
        working = likelihood.parameters.working(theta)
        inner = likelihood.evaluate(working, sigma=sigma)[2].xtvx_inverse
    cov = sigma**2 * inverse_root @ inner @ inverse_root.T
    return pd.Series(np.sqrt(np.diagonal(cov)), index=[names[j] for j in part.kept])
