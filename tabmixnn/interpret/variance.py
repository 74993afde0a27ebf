"""How much of the outcome's variance the parts of a model account for (eqs. 55-57)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine


def shares(
    population: float,
    groups: dict[str, float],
    residual: float,
    terms: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Return what follows from the variance components of eq. 56.

    Parameters
    ----------
    population : float
        ``sigma^2_fixed``: of all that is the same in every group, together.
    groups : dict of str to float
        ``sigma^2_u`` of every group, with all that its levels have of their own.
    residual : float
        ``sigma^2_epsilon``.
    terms : dict of str to float, optional
        Of terms beyond the formula, each alone. They are in `population` and `groups` already.

    Returns
    -------
    dict
        ``icc``: for each group ``sigma^2_u / (sigma^2_u + sigma^2_epsilon)`` (eq. 57).
        ``r_squared_marginal``: share of what is the same in every group; ``r_squared_conditional``
        and ``r_squared``: share of everything but the residual (Nakagawa and Schielzeth 2013,
        eqs. 26 and 30). ``fixed``, ``random``, ``residual``: the components, whose sum is
        ``total``; ``terms``: those of the terms beyond the formula, if there are any.

    Raises
    ------
    ValueError
        If there is no variance at all.
    """
    explained = population + sum(groups.values())
    total = explained + residual
    if total <= 0:
        raise ValueError("The predictions and the residuals have no variance to decompose.")
    found = {
        "icc": {group: value / (value + residual) for group, value in groups.items()},
        "r_squared": explained / total,
        "r_squared_marginal": population / total,
        "r_squared_conditional": explained / total,
        "fixed": population,
        "random": groups,
        "residual": residual,
        "total": total,
    }
    return {**found, "terms": terms} if terms else found


def decompose(
    engine: MarginalEngine | AutoEngine, frame: Any = None, weights: np.ndarray | None = None
) -> dict[str, Any]:
    """Decompose the variance on the scale of the linear predictor.

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
    frame : ModelFrame, optional
        n rows over which the predictors vary; by default the training rows.
    weights : ndarray, shape (n,), optional
        Their weights, of a Gaussian outcome, ones by default; those of training rows are known.

    Returns
    -------
    dict
        See `shares`. The variance of a group with random slopes is the mean of ``z'Gz`` over
        rows (Johnson 2014, eq. 11), and so is that of what its levels have of their own beyond the
        formula; the two are independent, and their sum is the group's. Smooths over all rows and
        the fixed effects go together, for a curve and the line of a predictor are no independent
        parts: ``fixed`` is the variance of their sum over the rows, to which the variances of its
        smooths, in ``terms``, need not add up. The residual variance of a generalised model is the
        distribution's on the link scale (Nakagawa, Johnson and Schielzeth 2017), at the mean of
        the marginal predictions; that of residuals with several variances, or of rows with
        weights, is the mean over rows.
    """
    parts = engine.linear_parts(frame)
    own = {name: float(variance.mean()) for name, variance in parts.own.items()}
    of_groups = [(group, float(variance.mean())) for group, variance in parts.random]
    if own:
        of_groups += [(term.group, own[str(term)]) for term in engine.model.terms if term.group]
    groups: dict[str, float] = {}
    for group, variance in of_groups:
        groups[group] = groups.get(group, 0.0) + variance
    mean = float(engine.family.marginal_mean(parts.population, parts.group_variance).mean())
    residual = float(engine.family.link_variance(mean, engine.dispersion))
    if engine.is_linear and frame is None:
        weights = engine.row_weights
    relative = np.square(engine.residual_deviations(frame))
    residual *= float(np.mean(relative if weights is None else relative / weights))
    smooths = {name: _variance(added) for name, added in parts.smooths.items()}
    population = _variance(parts.population - parts.offset)
    return shares(population, groups, residual, {**smooths, **own})


def _variance(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1))
