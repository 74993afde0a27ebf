"""The model without random effects: start values, and separation of a response."""

from __future__ import annotations

import numpy as np

from tabmixnn.caller import warn_caller

from .conditions import SeparationWarning
from .response import Response

SUSPICIOUS = 12.0
"""A linear predictor beyond this makes separation worth a linear programme."""


def fit_glm(X: np.ndarray, offset: np.ndarray, response: Response) -> np.ndarray:
    """Coefficients ``(p,)`` by a few Fisher scoring steps on orthonormal columns.

    They only have to be good enough to start from, so separation ends the steps, not the fit.
    """
    y, weights = response.y, response.weights
    eta = response.link.link(response.distribution.start_mean(y, weights))
    gamma = np.zeros(X.shape[1])
    for _ in range(25):
        mu, slope, *_ = response.link.inverse(eta)
        # For start values the squared slope over the canonical variance is weight enough.
        w = weights * np.maximum(_information(response, mu, slope), 1e-10)
        z = eta - offset + (y - mu) / np.where(np.abs(slope) > 1e-12, slope, 1e-12)
        root = np.sqrt(w)
        new = np.linalg.lstsq(X * root[:, None], z * root, rcond=None)[0]
        moved = np.abs(X @ (new - gamma)).max(initial=0.0)
        gamma = new
        eta = offset + X @ gamma
        if moved < 1e-6 or np.abs(eta).max() > 2.0 * SUSPICIOUS:
            break
    return gamma


def _information(response: Response, mu: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Expected information of one unit of weight about the predictor."""
    dispersion = response.distribution.start_dispersion(response.y, mu)
    second = response.distribution.mean_derivatives(mu, mu, dispersion)[1]
    return -second * slope**2


def separating_columns(X: np.ndarray, eta: np.ndarray, response: Response) -> np.ndarray:
    """Return which columns together predict a response perfectly, in some rows.

    Rows with only successes or only failures, and counts of zero, give an inequality each; a
    combination that meets all of them, some strictly, and is zero in all other rows lets its
    coefficients grow without bound (Albert and Anderson 1984).

    Parameters
    ----------
    X : ndarray of shape (n, p)
    eta : ndarray of shape (n,)
        Linear predictor of the model without random effects.

    Returns
    -------
    ndarray of bool, shape (p,)
        All False where the outcome is not separated.
    """
    none = np.zeros(X.shape[1], dtype=bool)
    sides = _sides(response)
    if sides is None or np.abs(eta).max() < SUSPICIOUS:
        return none
    from scipy.optimize import linprog

    scaled = X / np.abs(X).max(axis=0)
    one_sided = sides != 0.0
    signed = scaled[one_sided] * sides[one_sided, None]
    both = scaled[~one_sided]
    found = linprog(
        -signed.sum(axis=0),
        A_ub=-signed,
        b_ub=np.zeros(len(signed)),
        A_eq=both if len(both) else None,
        b_eq=np.zeros(len(both)) if len(both) else None,
        bounds=(-1.0, 1.0),
    )
    return np.abs(found.x) > 1e-6 if found.success and found.fun < -1e-6 else none


def _sides(response: Response) -> np.ndarray | None:
    """Return 1 or -1 where a linear predictor as high, or as low, as can be fits a row best.

    Elsewhere 0; None for a family that has no such rows.
    """
    y, name = response.y, response.distribution.name
    if name == "binomial":
        return np.where(y == 1.0, 1.0, 0.0) - (y == 0.0)
    return -1.0 * (y == 0.0) if name in ("poisson", "nbinom2") else None


def warn_of_separation(
    X: np.ndarray, eta: np.ndarray, response: Response, names: list[str]
) -> None:
    """Warn if a combination of the columns separates a response; see `separating_columns`.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Columns in the user's units.
    eta : ndarray of shape (n,)
        Linear predictor of the model without random effects.
    names : list of str
    """
    found = separating_columns(X, eta, response)
    if found.any():
        guilty = [name for name, is_part in zip(names, found, strict=True) if is_part]
        warn_caller(
            f"perfect separation: a combination of {', '.join(guilty)} predicts the response "
            "without error in some rows, so its coefficients have no finite estimate; "
            "drop or merge these columns",
            SeparationWarning,
        )
