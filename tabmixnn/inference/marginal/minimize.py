"""A quasi-Newton minimiser for a handful of parameters and a dear criterion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .profiled import CriterionError

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]

SUFFICIENT = 1e-4
CURVATURE = 0.9
NOISE = 1e-13


@dataclass
class Minimum:
    """Where the minimiser stopped.

    Attributes
    ----------
    x, value, gradient
        The point and what the objective returned there.
    hessian : ndarray of shape (k, k)
        Quasi-Newton approximation.
    n_eval : int
    converged : bool
        The predicted decrease fell below the tolerance.
    """

    x: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    n_eval: int
    converged: bool


def difference_hessian(
    fun: Objective, x: np.ndarray, gradient: np.ndarray | None, step: float
) -> np.ndarray:
    """Symmetric Hessian from differences of the gradient.

    Forward differences from ``gradient`` if it is given, central ones otherwise.
    """
    k = len(x)
    out = np.empty((k, k))
    for j in range(k):
        move = np.zeros(k)
        move[j] = step * max(1.0, abs(x[j]))
        ahead = fun(x + move)[1]
        if gradient is not None:
            out[j] = (ahead - gradient) / move[j]
        else:
            out[j] = (ahead - fun(x - move)[1]) / (2.0 * move[j])
    return 0.5 * (out + out.T)


def _positive(hessian: np.ndarray) -> np.ndarray:
    """Reflect negative curvature and bound the condition, so that a Newton step descends."""
    values, vectors = np.linalg.eigh(hessian)
    values = np.abs(values)
    values = np.maximum(values, 1e-6 * max(values.max(), 1e-300))
    return (vectors * values) @ vectors.T


class _Counter:
    def __init__(self, fun: Objective) -> None:
        self.fun, self.n_eval = fun, 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        self.n_eval += 1
        try:
            return self.fun(x)
        except CriterionError:
            return np.inf, np.zeros_like(x)


def _line_search(fun, x, value, gradient, direction):
    """Step that satisfies the Wolfe conditions, or the approximate ones near the optimum."""
    slope = float(gradient @ direction)
    low, high = 0.0, np.inf
    low_value, low_slope = value, slope
    noise = NOISE * abs(value) * 10
    step = 1.0
    best = None
    for _ in range(25):
        trial = x + step * direction
        new_value, new_gradient = fun(trial)
        new_slope = float(new_gradient @ direction)
        if np.isfinite(new_value) and (best is None or new_value < best[1]):
            best = (trial, new_value, new_gradient)
        decreased = new_value <= value + SUFFICIENT * step * slope
        level = new_value <= value + noise and new_slope <= (2 * SUFFICIENT - 1) * slope
        if not np.isfinite(new_value) or not (decreased or level):
            high = step
            # Minimiser of the quadratic through the lower end and the new value.
            gap = new_value - low_value - low_slope * (step - low)
            if np.isfinite(gap) and gap > 0:
                part = -0.5 * low_slope * (step - low) / gap
                part = min(max(part, 0.1), 0.7)
            else:
                part = 0.2
            step = low + part * (high - low)
        elif new_slope < CURVATURE * slope:
            low, low_value, low_slope = step, new_value, new_slope
            step = 0.5 * (low + high) if np.isfinite(high) else 2.5 * step
        elif new_slope > -CURVATURE * slope and np.isfinite(high) is False and step < 1:
            return trial, new_value, new_gradient
        else:
            return trial, new_value, new_gradient
        if (high - low) < 1e-10 * max(1.0, high if np.isfinite(high) else 1.0):
            break
    return best


def minimize(
    fun: Objective,
    x: np.ndarray,
    *,
    curvature: Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]] | None = None,
    tol: float = 1e-13,
    max_iter: int = 200,
    difference_step: float = 1e-3,
    max_step: float = 2.0,
    stop: Callable[[np.ndarray], bool] | None = None,
) -> Minimum:
    """Minimise a smooth function with its gradient by BFGS.

    The first Hessian comes from ``curvature`` or from differences of the gradient: with few
    parameters that costs less than the iterations it saves, and it makes the path independent of
    the parameters' units.

    Parameters
    ----------
    fun : callable
        Returns the value and the gradient; may raise ``CriterionError`` outside its domain.
    x : ndarray of shape (k,)
    curvature : callable, optional
        Returns the value, the gradient and an approximate Hessian; asked again while the
        predicted decrease is large.
    tol : float
        Bound on ``g'H^-1 g``, twice the predicted decrease.
    difference_step : float
        Relative step of the differences.
    max_step : float
        Longest step in any parameter.
    stop : callable, optional
        Stop as soon as this holds of the current point.
    """
    counted = _Counter(fun)
    if curvature is None:
        value, gradient = counted(x)
    else:
        value, gradient, hessian = curvature(x)
        counted.n_eval += 1
    if not np.isfinite(value):
        raise CriterionError("the criterion is not finite at the start values")
    if curvature is None:
        hessian = difference_hessian(counted, x, gradient, difference_step)
    hessian = _positive(hessian)
    converged = False
    for _ in range(max_iter):
        direction = -np.linalg.solve(hessian, gradient)
        decrement = float(-gradient @ direction)
        if decrement <= tol or (stop is not None and stop(x)):
            converged = decrement <= tol
            break
        longest = float(np.abs(direction).max())
        if longest > max_step:
            direction *= max_step / longest
        found = _line_search(counted, x, value, gradient, direction)
        if found is None or found[1] > value + 10 * NOISE * abs(value):
            converged = decrement <= 1e-7
            break
        new_x, new_value, new_gradient = found
        if new_value >= value and decrement < 1e-9:
            # Rounding decides now: keep the point with the smaller gradient and stop.
            smaller = np.abs(new_gradient).max() < np.abs(gradient).max()
            if smaller:
                x, value, gradient = new_x, new_value, new_gradient
            converged = True
            break
        hessian = _secant(hessian, new_x - x, new_gradient - gradient)
        x, value, gradient = new_x, new_value, new_gradient
    return Minimum(x, value, gradient, hessian, counted.n_eval, converged)


def _secant(hessian: np.ndarray, move: np.ndarray, change: np.ndarray) -> np.ndarray:
    """BFGS update; Powell's damping keeps it positive definite."""
    Hs = hessian @ move
    curvature, agreement = float(move @ Hs), float(move @ change)
    if curvature <= 0.0:
        return hessian
    mix = 1.0 if agreement >= 0.2 * curvature else 0.8 * curvature / (curvature - agreement)
    target = mix * change + (1.0 - mix) * Hs
    return hessian - np.outer(Hs, Hs) / curvature + np.outer(target, target) / (move @ target)
