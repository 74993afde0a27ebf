"""How much of the outcome's variance the parts of a model account for (eqs. 55-57)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabmixnn.inference.exact import MarginalEngine


def shares(fixed: float, groups: dict[str, float], residual: float) -> dict[str, Any]:
    """Return what follows from the variance components of eq. 56.

    Parameters
    ----------
    fixed : float
        ``sigma^2_fixed``.
    groups : dict of str to float
        ``sigma^2_u`` of every group.
    residual : float
        ``sigma^2_epsilon``.

    Returns
    -------
    dict
        ``icc``: for each group ``sigma^2_u / (sigma^2_u + sigma^2_epsilon)`` (eq. 57).
        ``r_squared_marginal``: share of the fixed effects; ``r_squared_conditional`` and
        ``r_squared``: share of fixed and random effects (Nakagawa and Schielzeth 2013, eqs. 26
        and 30). ``fixed``, ``random``, ``residual``, ``total``: the components.

    Raises
    ------
    ValueError
        If there is no variance at all.
    """
    random = sum(groups.values())
    total = fixed + random + residual
    if total <= 0:
        raise ValueError("The predictions and the residuals have no variance to decompose.")
    return {
        "icc": {group: value / (value + residual) for group, value in groups.items()},
        "r_squared": (fixed + random) / total,
        "r_squared_marginal": fixed / total,
        "r_squared_conditional": (fixed + random) / total,
        "fixed": fixed,
        "random": groups,
        "residual": residual,
        "total": total,
    }


def decompose(engine: MarginalEngine, frame: Any = None) -> dict[str, Any]:
    """Decompose the variance on the scale of the linear predictor.

    Parameters
    ----------
    engine : MarginalEngine
    frame : ModelFrame, optional
        Rows over which the predictors vary; by default the training rows.

    Returns
    -------
    dict
        See `shares`. The variance of a group with random slopes is the mean of ``z'Gz`` over
        rows (Johnson 2014, eq. 11). The residual variance of a generalised model is the
        distribution's on the link scale (Nakagawa, Johnson and Schielzeth 2017), at the mean of
        the marginal predictions; that of residuals with several variances is the mean over rows.
    """
    deviations = engine.effects.residual_deviations(engine.result, frame)
    frame = engine.frame if frame is None else frame
    eta = engine.fixed_part(frame) - frame.offset
    groups: dict[str, float] = {}
    for block, variance in zip(frame.blocks, engine.effect_variances(frame), strict=True):
        groups[block.group] = groups.get(block.group, 0.0) + float(variance.mean())
    mean = float(engine.predict(frame, "marginal", "response").mean())
    residual = float(engine.family.link_variance(mean, engine.dispersion))
    residual *= float(np.mean(np.square(deviations)))
    return shares(float(np.var(eta, ddof=1)), groups, residual)
