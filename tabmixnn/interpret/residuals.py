"""Responses less their means, in units of their own or of what rows are expected to vary by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.exact.families import EXACT_FAMILIES
from tabmixnn.inference.marginal.distributions import DISTRIBUTIONS


def response_residuals(
    engine: MarginalEngine | AutoEngine,
    frame: Any = None,
    y: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return responses, shares of successes where these are counted, less conditional means.

    Parameters
    ----------
    engine, frame, y, weights
        As for `pearson_residuals`.

    Returns
    -------
    ndarray, shape (n,)
        In units of the response.
    """
    y, mu, _ = _compared(engine, frame, y, weights)
    return y - mu


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
    y, mu, weights = _compared(engine, frame, y, weights)
    deviation = engine.family.standard_deviation(mu, weights, engine.dispersion)
    return (y - mu) / (engine.residual_deviations(frame) * deviation)


def deviance_residuals(
    engine: MarginalEngine | AutoEngine,
    frame: Any = None,
    y: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return the roots of what each row adds to the deviance, with the sign of its residual.

    As in R, that is not divided by the dispersion of a Gaussian or gamma outcome.

    Parameters
    ----------
    engine, frame, y, weights
        As for `pearson_residuals`.

    Returns
    -------
    ndarray, shape (n,)
    """
    y, mu, weights = _compared(engine, frame, y, weights)
    if engine.is_linear:
        return np.sqrt(weights) * (y - mu) / engine.residual_deviations(frame)
    density = DISTRIBUTIONS[engine.family.distribution]().log_density
    dispersion = 1.0 if engine.family.data_type == "positive" else engine.dispersion
    lost = density(y, weights, y, dispersion) - density(y, weights, mu, dispersion)
    return np.sign(y - mu) * np.sqrt(2.0 * np.maximum(lost, 0.0))


RESIDUALS: dict[str, Callable[..., np.ndarray]] = {
    "response": response_residuals,
    "pearson": pearson_residuals,
    "deviance": deviance_residuals,
}
"""Kinds of residuals of a mixed model."""


def _compared(
    engine: MarginalEngine | AutoEngine,
    frame: Any,
    y: np.ndarray | None,
    weights: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return responses, shares of successes if counted, with their means and weights."""
    if frame is None:
        return engine.response_values, engine.fitted, engine.row_weights
    mu = engine.predict(frame, "all", "response")
    weights = np.ones(len(y)) if weights is None else weights
    if y.ndim == 2:
        trials = y.sum(axis=1)
        y, weights = y[:, 0] / trials, weights * trials
    return y, mu, weights


def network_residuals(view: Any, y: np.ndarray, kind: str = "pearson") -> np.ndarray:
    """Return the residuals of a network at the posterior means of the random effects.

    Parameters
    ----------
    view : NetworkView
        Of n rows.
    y : ndarray, shape (n,)
        Their responses.
    kind : {"response", "pearson"}

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
            f"Residuals are those of {', '.join(EXACT_FAMILIES)} outcomes; a {name} "
            "network has none. Compare its predictions with the outcomes instead."
        )
    mu = view.engine.predict(view.frame, "all", "response")
    if kind == "response":
        return y - mu
    family = EXACT_FAMILIES[name]()
    return (y - mu) / family.standard_deviation(mu, np.ones(len(y)), view.dispersion())
