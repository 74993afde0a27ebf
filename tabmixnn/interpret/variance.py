"""How much of the outcome's variance the parts of a model account for (eqs. 55-57)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine


def shares(
    fixed: float,
    groups: dict[str, float],
    residual: float,
    smooths: dict[str, float] | None = None,
    own: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Return what follows from the variance components of eq. 56.

    Parameters
    ----------
    fixed : float
        ``sigma^2_fixed``.
    groups : dict of str to float
        ``sigma^2_u`` of every group.
    residual : float
        ``sigma^2_epsilon``.
    smooths, own : dict of str to float, optional
        Of terms beyond the formula, over all rows and of groups.

    Returns
    -------
    dict
        ``icc``: for each group ``sigma^2_u / (sigma^2_u + sigma^2_epsilon)`` (eq. 57).
        ``r_squared_marginal``: share of the fixed effects and smooths; ``r_squared_conditional``
        and ``r_squared``: share of everything but the residual (Nakagawa and Schielzeth 2013,
        eqs. 26 and 30). ``fixed``, ``random``, ``residual``, ``total``: the components;
        ``terms``: those of the terms beyond the formula, if there are any.

    Raises
    ------
    ValueError
        If there is no variance at all.
    """
    terms = {**(smooths or {}), **(own or {})}
    marginal = fixed + sum((smooths or {}).values())
    conditional = fixed + sum(groups.values()) + sum(terms.values())
    total = conditional + residual
    if total <= 0:
        raise ValueError("The predictions and the residuals have no variance to decompose.")
    found = {
        "icc": {group: value / (value + residual) for group, value in groups.items()},
        "r_squared": conditional / total,
        "r_squared_marginal": marginal / total,
        "r_squared_conditional": conditional / total,
        "fixed": fixed,
        "random": groups,
        "residual": residual,
        "total": total,
    }
    return {**found, "terms": terms} if terms else found


def decompose(engine: MarginalEngine | AutoEngine, frame: Any = None) -> dict[str, Any]:
    """Decompose the variance on the scale of the linear predictor.

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
    frame : ModelFrame, optional
        Rows over which the predictors vary; by default the training rows.

    Returns
    -------
    dict
        See `shares`. The variance of a group with random slopes is the mean of ``z'Gz`` over
        rows (Johnson 2014, eq. 11), and so is that of what groups have of their own beyond the
        formula. A smooth over all rows counts as fixed effects do, by the variance of what it
        adds over the rows. The residual variance of a generalised model is the
        distribution's on the link scale (Nakagawa, Johnson and Schielzeth 2017), at the mean of
        the marginal predictions; that of residuals with several variances is the mean over rows.
    """
    parts = engine.linear_parts(frame)
    groups: dict[str, float] = {}
    for group, variance in parts.random:
        groups[group] = groups.get(group, 0.0) + float(variance.mean())
    mean = float(engine.family.marginal_mean(parts.population, parts.group_variance).mean())
    residual = float(engine.family.link_variance(mean, engine.dispersion))
    residual *= float(np.mean(np.square(engine.residual_deviations(frame))))
    return shares(
        _variance(parts.fixed),
        groups,
        residual,
        {name: _variance(added) for name, added in parts.smooths.items()},
        {name: float(variance.mean()) for name, variance in parts.own.items()},
    )


def _variance(values: np.ndarray) -> float:
    return float(np.var(values, ddof=1))
