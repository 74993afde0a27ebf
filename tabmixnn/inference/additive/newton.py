"""Minimise the restricted likelihood's criterion by Newton's steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from tabmixnn.inference.additive.likelihood import Criterion

Array = NDArray[np.float64]

RADIUS, WIDEST, NARROWEST = 1.0, 4.0, 1e-4
"""Of the box around the parameters that a step stays in: at first, and its bounds."""
STEEPEST = 1e-3
"""Derivative by each parameter that a minimum may have."""
POOR, GOOD = 0.25, 0.75
"""Shares of the gain foretold below which the box shrinks, and above which it grows."""
TIMID = 1.5
"""Gain over the one foretold above which the next step takes the curvature to be half of it."""
FLOOR = 1e-6
"""Of the information's eigenvalues: of a variance near zero there is none."""


def minimise(
    criterion: Criterion, x: Array, lower: Array, upper: Array, steps: int, tol: float
) -> Array:
    """Return the parameters at which the criterion is least.

    The average information stands for the second derivatives, and a step goes to the least value
    that they foretell in a box.

    Parameters
    ----------
    criterion : Criterion
    x : ndarray, shape (m,)
        Where to start; beyond a bound, at it.
    lower, upper : ndarray, shape (m,)
        Bounds.
    steps : int
        Most steps.
    tol : float
        Gain a row at which they end; relative to the criterion, which has the logarithm of the
        response's unit in it, it would depend on that.

    Returns
    -------
    ndarray, shape (m,)
    """
    parameters, radius = criterion.parameters, RADIUS
    is_variance = np.arange(len(x)) < parameters.n_terms
    power = np.where(is_variance, 2.0, parameters.is_log)
    x = np.clip(x, lower, upper)
    at = criterion.solve(x)
    boldness = 1.0
    least_gain = tol * criterion.gram.n
    for _ in range(steps):
        gradient = at.gradient(parameters)
        if np.abs(np.clip(x - gradient, lower, upper) - x).max() < STEEPEST:
            break
        information = at.information(parameters) / boldness
        while True:
            least, most = np.maximum(lower - x, -radius), np.minimum(upper - x, radius)
            change = _step(gradient, information, _forth(least, power), most)
            foretold = -float(gradient @ change + change @ information @ change / 2.0)
            step = _back(change, power)
            new = criterion.solve(x + step)
            gain = at.criterion - new.criterion
            if gain > GOOD * foretold:
                radius = min(2.0 * radius, WIDEST)
            elif not gain >= POOR * foretold:  # or it is not a number
                radius = max(np.abs(step).max(), NARROWEST) / 4.0
            if gain > 0.0:
                boldness = 2.0 if gain > TIMID * foretold else 1.0
                x, at = x + step, new
                break
            if radius < NARROWEST or foretold < least_gain:
                return x
        if gain < least_gain:
            break
    return x


def _forth(step: Array, power: Array) -> Array:
    """Return relative changes of what gets smaller, all other steps as they are.

    The criterion is next to linear in small variances, not in their logarithms; along the diagonal
    of a block's factor it is next to quadratic.

    Parameters
    ----------
    step : ndarray, shape (m,)
    power : ndarray, shape (m,)
        2 for the logarithm of a deviation whose variance counts, 1 where it does itself, 0 for what
        is no logarithm.
    """
    shrinks = (power > 0.0) & (step < 0.0)
    return np.where(shrinks, np.expm1(power * step) / np.maximum(power, 1.0), step)


def _back(change: Array, power: Array) -> Array:
    """Return the step of such a change."""
    shrinks = (power > 0.0) & (change < 0.0)
    by_log = np.log1p(power * np.where(shrinks, change, 0.0)) / np.maximum(power, 1.0)
    return np.where(shrinks, by_log, change)


def _step(gradient: Array, information: Array, lower: Array, upper: Array) -> Array:
    """Return where ``g's + s'As / 2`` is least between the bounds."""
    sizes, vectors = np.linalg.eigh(information)
    root = (vectors * np.sqrt(np.maximum(sizes, FLOOR))).T
    target = -np.linalg.solve(root.T, gradient)
    is_free = lower < upper
    step = np.zeros_like(gradient)
    if is_free.any():
        bounds = lower[is_free], upper[is_free]
        step[is_free] = lsq_linear(root[:, is_free], target, bounds, method="bvls").x
    return step
