"""Residuals on the scale of one standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.exact.families import EXACT_FAMILIES


def pearson_residuals(
    engine: MarginalEngine | AutoEngine,
    frame: Any = None,
    y: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return responses less conditional means, over the responses' standard deviations.

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
    frame : ModelFrame, optional
        n rows; by default the training rows, whose responses and weights are known.
    y : ndarray, shape (n,) or (n, 2), optional
        Their responses; two columns are successes and failures.
    weights : ndarray, shape (n,), optional
        Their weights, ones by default.

    Returns
    -------
    ndarray, shape (n,)
        Without unit: ``summary`` shows their quartiles.
    """
    relative = engine.residual_deviations(frame)
    if frame is None:
        mu, y, weights = engine.fitted, engine.response_values, engine.row_weights
    else:
        mu = engine.predict(frame, "all", "response")
        weights = np.ones(len(y)) if weights is None else weights
        if y.ndim == 2:
            trials = y.sum(axis=1)
            y, weights = y[:, 0] / trials, weights * trials
    deviation = engine.family.standard_deviation(mu, weights, engine.dispersion)
    return (y - mu) / (relative * deviation)


def network_residuals(view: Any, y: np.ndarray) -> np.ndarray:
    """Return the Pearson residuals of a network at the posterior means of the random effects.

    Parameters
    ----------
    view : NetworkView
        Of n rows.
    y : ndarray, shape (n,)
        Their responses.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        If the family does not have them.
    """
    name = view.engine.family.name
    if name not in EXACT_FAMILIES:
        raise ValueError(
            f"Pearson residuals are those of {', '.join(EXACT_FAMILIES)} outcomes; a {name} "
            "network has none. Compare its predictions with the outcomes instead."
        )
    mu = view.engine.predict(view.frame, "all", "response")
    family = EXACT_FAMILIES[name]()
    return (y - mu) / family.standard_deviation(mu, np.ones(len(y)), view.dispersion())
