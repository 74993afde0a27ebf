"""NOTEARS with linear effects, as published: what `tabmixnn.learn_dag` is compared with."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm
from scipy.optimize import minimize

PENALTY = 0.1
THRESHOLD = 0.3
H_TOLERANCE = 1e-8
RHO_MAX = 1e16
MAX_UPDATES = 100


def notears(columns: np.ndarray) -> np.ndarray:
    r"""Estimate a linear structural equation model without cycles.

    Minimise :math:`\frac{1}{2n} \|X - X W\|_F^2 + \lambda \|W\|_1` subject to
    :math:`h(W) = tr(e^{W \circ W}) - d = 0` by an augmented Lagrangian, each step by L-BFGS-B on
    the positive and negative parts of W; then drop effects below 0.3. Settings are those of the
    publication's experiments.

    Parameters
    ----------
    columns : ndarray, shape (n, d)

    Returns
    -------
    ndarray, shape (d, d)
        ``[i, j]``: effect of j on i (the transpose of W).

    References
    ----------
    Zheng, Aragam, Ravikumar and Xing (2018), DAGs with NO TEARS, NeurIPS 31, algorithm 1.
    """
    d = columns.shape[1]
    problem = _Problem(columns - columns.mean(axis=0))
    parts, rho, alpha, h = np.zeros(2 * d * d), 1.0, 0.0, np.inf
    for _ in range(MAX_UPDATES):
        while True:
            new = problem.minimise(parts, rho, alpha)
            new_h = _cycles(_signed(new, d))[0]
            if new_h <= 0.25 * h or rho >= RHO_MAX:
                break
            rho *= 10
        parts, h = new, new_h
        alpha += rho * h
        if h <= H_TOLERANCE or rho >= RHO_MAX:
            break
    weights = _signed(parts, d)
    weights[np.abs(weights) < THRESHOLD] = 0.0
    return weights.T


class _Problem:
    """The inner problem for given multipliers; `columns` are centred."""

    def __init__(self, columns: np.ndarray) -> None:
        n, self.d = columns.shape
        self.covariance = columns.T @ columns / n
        diagonal = np.eye(self.d, dtype=bool).ravel()
        self.bounds = [(0, 0) if fixed else (0, None) for fixed in diagonal] * 2

    def minimise(self, start: np.ndarray, rho: float, alpha: float) -> np.ndarray:
        value, bounds = self.value, self.bounds
        return minimize(value, start, (rho, alpha), "L-BFGS-B", jac=True, bounds=bounds).x

    def value(self, parts: np.ndarray, rho: float, alpha: float) -> tuple[float, np.ndarray]:
        """Augmented Lagrangian and its gradient in the two parts, (2 d^2,)."""
        weights = _signed(parts, self.d)
        residual = np.eye(self.d) - weights
        fit = self.covariance @ residual
        h, h_gradient = _cycles(weights)
        loss = 0.5 * np.sum(residual * fit) + 0.5 * rho * h * h + alpha * h
        gradient = (-fit + (rho * h + alpha) * h_gradient).ravel()
        both = np.concatenate([gradient + PENALTY, -gradient + PENALTY])
        return loss + PENALTY * parts.sum(), both


def _signed(parts: np.ndarray, d: int) -> np.ndarray:
    positive, negative = parts.reshape(2, d, d)
    return positive - negative


def _cycles(weights: np.ndarray) -> tuple[float, np.ndarray]:
    """The acyclicity function, and its gradient."""
    power = expm(weights * weights)
    return float(np.trace(power) - len(weights)), 2 * power.T * weights
