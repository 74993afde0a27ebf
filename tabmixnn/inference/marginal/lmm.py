"""Linear mixed models by maximum or restricted maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .boundary import minimize_with_boundary
from .checks import check_arrays, check_counts, check_levels
from .fixed import fixed_part
from .gaussian import GaussianLikelihood
from .group_level import warn_of_group_level
from .minimize import Solution
from .redundant import warn_of_redundant
from .result import LMMFit
from .summing import Summed
from .terms import Block, group_terms
from .threads import calm_blas
from .warn import warn_of


def fit_lmm(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[Block],
    *,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    reml: bool = True,
    names: Sequence[str] | None = None,
    tol: float = 1e-13,
    at: Solution | None = None,
) -> LMMFit:
    """Fit a linear mixed model exactly.

    The random effects, the fixed effects and the residual variance are integrated or profiled out
    (Bates et al. 2015, eqs. 34 and 41), so that the optimiser sees the relative covariance factors
    alone and the rows enter only through cross-products formed once.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Fixed-effects design, with its intercept.
    y : ndarray of shape (n,)
    blocks : sequence
        Random-effects terms; each has ``codes (n,)``, ``levels``, ``Z (n, q)``, ``correlated``,
        ``group`` and ``names``.
    weights : ndarray of shape (n,), optional
        Precision weights: the residual variance of row i is ``sigma^2 / weights[i]``.
    offset : ndarray of shape (n,), optional
        Known part of the linear predictor.
    reml : bool
        Restricted maximum likelihood, or maximum likelihood.
    names : sequence of str, optional
        Names of the columns of ``X``.
    tol : float
        Bound on twice the decrease that the optimiser still expects, on the deviance scale.
    at : Solution, optional
        Where the optimum of these data is known to be; nothing is searched then.

    Returns
    -------
    LMMFit

    Raises
    ------
    DesignError
        The arrays do not fit together, or hold values no model can use.
    IdentifiabilityError
        A term has as many random effects as there are rows.

    Warns
    -----
    RankDeficientWarning, SingularFitWarning, ConvergenceWarning
    GroupLevelResponseWarning
        The response less its offset does not vary within the levels of a factor.
    RedundantEffectsWarning
        Other covariances of a factor's effects are the same model.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    weights = None if weights is None else np.asarray(weights, dtype=float)
    offset = None if offset is None else np.asarray(offset, dtype=float)
    check_arrays(X, y, blocks, weights, offset)
    check_counts(blocks, len(y))
    names = [f"x{j + 1}" for j in range(X.shape[1])] if names is None else list(names)
    root_weights = None if weights is None else np.sqrt(weights)
    own = y if offset is None else y - offset
    with calm_blas(blocks):
        fixed = fixed_part(X, own, root_weights, names)
        groupings = group_terms(blocks, root_weights)
        likelihood = GaussianLikelihood(fixed, groupings, reml, weights)
        if at is None:
            warn_of_group_level(own, groupings)
            warn_of_redundant(groupings, likelihood.core.A)
            found = minimize_with_boundary(likelihood, likelihood.start(), tol)
        else:
            found = at.evaluated(likelihood)
        fit = LMMFit(likelihood, found, X, y, blocks, weights, offset, names)
    warn_of(fit)
    return fit


def fit_summed(
    summed: Summed,
    blocks: Sequence[Block],
    absent: Any,
    *,
    reml: bool = True,
    names: Sequence[str],
    tol: float = 1e-13,
    at: Solution | None = None,
) -> LMMFit:
    """Fit a linear mixed model exactly, from the sums over rows that are not at hand.

    Parameters
    ----------
    summed : Summed
        From :func:`~tabmixnn.inference.marginal.summing.sum_rows`.
    blocks : sequence
        Random-effects terms, as :func:`fit_lmm` takes them; rows are not looked at.
    absent : object
        Stands for all arrays of rows in the result. It has their number as its length.
    reml, names, tol, at
        See :func:`fit_lmm`.

    Returns
    -------
    LMMFit

    Raises
    ------
    DesignError
        A factor has a single level.
    IdentifiabilityError
        A term has as many random effects as there are rows.

    Warns
    -----
    SingularFitWarning, RedundantEffectsWarning, ConvergenceWarning
    """
    for block in blocks:
        check_levels(block)
    check_counts(blocks, summed.fixed.n)
    with calm_blas(blocks):
        likelihood = GaussianLikelihood(summed.fixed, summed.groupings, reml, None)
        likelihood.weight_constant = -summed.fixed.log_weights
        if at is None:
            warn_of_redundant(summed.groupings, likelihood.core.A)
            found = minimize_with_boundary(likelihood, likelihood.start(), tol)
        else:
            found = at.evaluated(likelihood)
        fit = LMMFit(likelihood, found, absent, absent, blocks, absent, absent, list(names))
    warn_of(fit)
    return fit
