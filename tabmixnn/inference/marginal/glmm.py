"""Generalised linear mixed models by the Laplace approximation or adaptive quadrature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .boundary import minimize_with_boundary
from .checks import check_arrays
from .conditions import DesignError
from .fixed import independent_part
from .glm import fit_glm, warn_of_separation
from .glmm_result import GLMMFit
from .group_level import warn_of_group_level
from .laplace import LaplaceLikelihood
from .minimize import Solution
from .quadrature import QuadratureLikelihood
from .redundant import warn_of_redundant
from .response import Response
from .terms import Block, Grouping, group_terms
from .threads import calm_blas
from .warn import warn_of


def takes_quadrature(blocks: Sequence[Block]) -> bool:
    """Return whether the factor with the most effects has one a level; see ``fit_glmm``."""
    return bool(blocks) and group_terms(blocks, None)[0].size == 1


def _objective(
    X: np.ndarray,
    offset: np.ndarray,
    groupings: list[Grouping],
    response: Response,
    n_quad: int,
) -> LaplaceLikelihood:
    if n_quad == 1:
        return LaplaceLikelihood(X, offset, groupings, response)
    if groupings[0].size > 1:
        raise DesignError(
            "adaptive quadrature needs a scalar random effect of the factor with the most effects; "
            "use nagq=1 (Laplace)"
        )
    return QuadratureLikelihood(X, offset, groupings, response, n_quad)


def _start_values(
    objective: LaplaceLikelihood, gamma: np.ndarray, response: Response, mu: np.ndarray
) -> np.ndarray:
    """Coefficients and dispersion of the model without effects, which get equal deviations."""
    start = np.zeros(objective.n_params)
    start[: len(gamma)] = gamma
    start[objective.scales] = 0.7
    if objective.has_dispersion:
        # Half of the excess is left for the random effects to explain.
        start[-1] = np.log(response.distribution.start_dispersion(response.y, mu))
    return start


def fit_glmm(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[Block],
    *,
    family: str,
    link: str | None = None,
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    n_quad: int = 1,
    names: Sequence[str] | None = None,
    tol: float = 1e-11,
    at: Solution | None = None,
) -> GLMMFit:
    """Fit a generalised linear mixed model.

    All parameters are estimated jointly on the approximated likelihood, with its exact gradient:
    with one quadrature point what glmer calls ``nAGQ = 1`` and glmmTMB does.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Fixed-effects design, with its intercept.
    y : ndarray of shape (n,) or (n, 2)
        Two columns are binomial successes and failures.
    blocks : sequence
        Random-effects terms, as for ``fit_lmm``.
    family : {"binomial", "poisson", "nbinom2", "gamma"}
    link : str, optional
        The family's default: logit or log.
    weights : ndarray of shape (n,), optional
        Trials when ``y`` holds binomial shares; multipliers of the log-likelihood otherwise.
    offset : ndarray of shape (n,), optional
        Known part of the linear predictor.
    n_quad : int
        Quadrature points; 1 is the Laplace approximation. More need one scalar effect a level of
        the factor with the most effects; see ``QuadratureLikelihood``.
    names : sequence of str, optional
        Names of the columns of ``X``.
    tol : float
        Bound on twice the decrease that the optimiser still expects, on the deviance scale.
    at : Solution, optional
        Where the optimum of these data is known to be; nothing is searched then.

    Returns
    -------
    GLMMFit

    Raises
    ------
    DesignError
        The arrays do not fit together, or hold values the family cannot take.

    Warns
    -----
    RankDeficientWarning, SeparationWarning, SingularFitWarning, ConvergenceWarning
    GroupLevelResponseWarning
        The response does not vary within the levels of a factor.
    RedundantEffectsWarning
        Other covariances of a factor's effects are the same model.
    UserWarning
        Binomial shares times their trials are not whole.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    weights = None if weights is None else np.asarray(weights, dtype=float)
    offset = None if offset is None else np.asarray(offset, dtype=float)
    check_arrays(X, y, blocks, weights, offset)
    if n_quad < 1:
        raise DesignError(f"n_quad must be at least 1, not {n_quad}")
    names = [f"x{j + 1}" for j in range(X.shape[1])] if names is None else list(names)
    response = Response(family, link, y, weights)
    base = np.zeros(len(y)) if offset is None else offset
    with calm_blas(blocks):
        columns, kept, root = independent_part(X, None, names)
        orthonormal = np.linalg.solve(root.T, columns.T).T
        groupings = group_terms(blocks, None)
        objective = _objective(orthonormal, base, groupings, response, n_quad)
        if at is None:
            warn_of_group_level(y, groupings)
            warn_of_redundant(groupings)
            gamma = fit_glm(orthonormal, base, response)
            eta = base + orthonormal @ gamma
            warn_of_separation(columns, eta, response, [names[j] for j in kept])
            start = _start_values(objective, gamma, response, response.mean(eta))
            found = minimize_with_boundary(objective, start, tol)
        else:
            found = at.evaluated(objective)
        fit = GLMMFit(objective, found, X, y, blocks, kept, root, weights, offset, names)
    warn_of(fit)
    return fit
