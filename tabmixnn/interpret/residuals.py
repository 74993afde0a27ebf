"""Responses less their means, in units of their own or of what rows are expected to vary by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tabmixnn.inference.additive.engine import AutoEngine
from tabmixnn.inference.exact import MarginalEngine
from tabmixnn.inference.exact.families import EXACT_FAMILIES, is_exact
from tabmixnn.inference.marginal.distributions import DISTRIBUTIONS


def residuals(
    engine: MarginalEngine | AutoEngine,
    kind: str,
    frame: Any = None,
    y: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return responses less conditional means, in one of the `KINDS` of units.

    Parameters
    ----------
    engine : MarginalEngine or AutoEngine
    kind : {"response", "pearson", "deviance"}
    frame : ModelFrame, optional
        n rows; by default the training rows, whose responses and weights are known.
    y : ndarray, shape (n,) or (n, 2), optional
        Their responses; two columns are successes and failures.
    weights : ndarray, shape (n,), optional
        Their weights, ones by default.

    Returns
    -------
    ndarray, shape (n,)
    """
    if frame is None:
        compared = Compared(engine.response_values, engine.fitted, engine.row_weights)
    else:
        compared = Compared.of(y, engine.predict(frame, "all", "response"), weights)
    return KINDS[kind](engine, frame, compared)


class Compared(NamedTuple):
    """n responses, shares of successes where these are counted, with their means and weights."""

    y: np.ndarray
    mu: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, y: np.ndarray, mu: np.ndarray, weights: np.ndarray | None) -> Compared:
        """Compare responses, two columns of which are successes and failures."""
        weights = np.ones(len(y)) if weights is None else weights
        if y.ndim == 2:
            trials = y.sum(axis=1)
            y, weights = y[:, 0] / trials, weights * trials
        return cls(y, mu, weights)


def _response(engine: Any, frame: Any, rows: Compared) -> np.ndarray:
    return rows.y - rows.mu


def _pearson(engine: Any, frame: Any, rows: Compared) -> np.ndarray:
    """Over the responses' standard deviations: ``summary`` shows their quartiles."""
    deviation = engine.family.standard_deviation(rows.mu, rows.weights, engine.dispersion)
    return (rows.y - rows.mu) / (engine.residual_deviations(frame) * deviation)


def _deviance(engine: Any, frame: Any, rows: Compared) -> np.ndarray:
    """Roots of what each row adds to the deviance, with the sign of its residual.

    As in R, that is not divided by the dispersion of a Gaussian or gamma outcome.
    """
    y, mu, weights = rows
    if engine.is_linear:
        return np.sqrt(weights) * (y - mu) / engine.residual_deviations(frame)
    density = DISTRIBUTIONS[engine.family.distribution]().log_density
    dispersion = 1.0 if engine.family.data_type == "positive" else engine.dispersion
    lost = density(y, weights, y, dispersion) - density(y, weights, mu, dispersion)
    return np.sign(y - mu) * np.sqrt(2.0 * np.maximum(lost, 0.0))


KINDS: dict[str, Callable[[Any, Any, Compared], np.ndarray]] = {
    "response": _response,
    "pearson": _pearson,
    "deviance": _deviance,
}
"""Kinds of residuals of a mixed model."""


def network_residuals(view: Any, y: np.ndarray, kind: str = "pearson") -> np.ndarray:
    """Return the residuals of a network at the posterior means of the random effects.

    Parameters
    ----------
    view : NetworkView
        Of n rows.
    y : ndarray, shape (n,) or (n, 2)
        Their responses; two columns are successes and failures.
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
    if not is_exact(view.engine.family):
        own = f"{type(view.engine.family).__name__} (a family of your own)"
        raise ValueError(
            f"Residuals are those of {', '.join(EXACT_FAMILIES)} outcomes; a "
            f"{own if name in EXACT_FAMILIES else name} network has none. Compare its predictions "
            "with the outcomes instead."
        )
    y, mu, weights = Compared.of(y, view.engine.predict(view.frame, "all", "response"), None)
    if kind == "response":
        return y - mu
    return (y - mu) / EXACT_FAMILIES[name]().standard_deviation(mu, weights, view.dispersion())
