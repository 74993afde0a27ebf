"""Errors of linear predictors where levels or residuals are correlated, by dense algebra."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import cho_solve, cholesky

MAX_ROWS = 6000
"""Training rows up to which their covariance matrix is formed."""


def structured_errors(engine: Any, frame: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of the random part's error, and what it pulls beta along with.

    With ``c = Cov(y, z'u)`` of a new row: ``Var(z'u) - c'V^-1 c``, shape (m,), and ``X'V^-1 c``,
    shape (m, p).

    Raises
    ------
    ValueError
        If there are more training rows than `MAX_ROWS`.
    """
    result, effects, trained = engine.result, engine.effects, engine.frame
    if result.n > MAX_ROWS:
        raise ValueError(
            "Uncertainty with covariance structures needs the covariance of all training rows, "
            f"and {result.n} are more than {MAX_ROWS}; leave interval and return_std out."
        )
    V = residual_covariance(engine)
    c = np.zeros((len(frame.offset), result.n))
    prior = np.zeros(len(frame.offset))
    for position, (block, new) in enumerate(zip(trained.blocks, frame.blocks, strict=True)):
        G = result.G[position]
        among, across = effects.level_correlations(result, frame, position)
        V += among[np.ix_(block.codes, block.codes)] * (block.Z @ G @ block.Z.T)
        c += across[:, block.codes] * (new.Z @ G @ block.Z.T)
        scale = effects.level_variances(result, frame, position)
        prior += np.einsum("nk,km,nm->n", new.Z, G, new.Z) * scale
    lower = cholesky(V, lower=True)
    solved = cho_solve((lower, True), c.T)
    left = prior - np.einsum("mn,nm->m", c, solved)
    return np.maximum(left, 0.0), solved.T @ trained.X[:, result.kept]


def residual_covariance(engine: Any) -> np.ndarray:
    """Return the covariance of the n training rows' residuals, shape (n, n)."""
    result, residual = engine.result, engine.effects.residual
    deviation = result.sigma * engine.effects.residual_deviations(result)
    deviation = deviation / np.sqrt(engine.row_weights)
    if residual is None:
        return np.diag(deviation**2)
    out = np.zeros((result.n, result.n))
    inner, _ = residual.split(result.working[result.parameters.residual_params])
    for level in np.unique(residual.codes):
        rows = np.flatnonzero(residual.codes == level)
        out[np.ix_(rows, rows)] = residual.structure.matrix(inner, residual.positions[rows])
    return out * np.outer(deviation, deviation)
