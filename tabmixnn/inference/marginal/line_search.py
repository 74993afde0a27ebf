"""A line search that still works where rounding hides the decrease."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]
Point = tuple[np.ndarray, float, np.ndarray]

SUFFICIENT = 1e-4
CURVATURE = 0.9
MAX_TRIALS = 25


def line_search(
    fun: Objective, start: Point, direction: np.ndarray, longest: float, noise: float
) -> Point | None:
    """Point along a direction that satisfies the Wolfe conditions.

    Within ``noise`` of the starting value the slopes decide instead (the approximate conditions
    of Hager and Zhang 2005).

    Parameters
    ----------
    fun : callable
        Returns the value (infinite outside its domain) and the gradient.
    start : tuple
        Point, value and gradient to start from.
    direction : ndarray of shape (k,)
    longest : float
        Longest step; a step that long only has to decrease.
    noise : float
        Rounding error of the value.

    Returns
    -------
    tuple or None
        Point, value and gradient; the best one seen if the conditions were not met.
    """
    x, value, gradient = start
    slope = float(gradient @ direction)
    low, low_value, low_slope, high = 0.0, value, slope, np.inf
    step, best = min(1.0, longest), None
    for _ in range(MAX_TRIALS):
        trial = x + step * direction
        new_value, new_gradient = fun(trial)
        new_slope = float(new_gradient @ direction)
        if np.isfinite(new_value) and (best is None or new_value < best[1]):
            best = (trial, new_value, new_gradient)
        decreased = new_value <= value + SUFFICIENT * step * slope
        level = new_value <= value + noise and new_slope <= (2 * SUFFICIENT - 1) * slope
        if not np.isfinite(new_value) or not (decreased or level):
            high = step
            # Minimiser of the parabola through the lower end, its slope and the new value.
            gap = new_value - low_value - low_slope * (step - low)
            part = 0.2
            if np.isfinite(gap) and gap > 0:
                part = float(np.clip(-0.5 * low_slope * (step - low) / gap, 0.1, 0.7))
            step = low + part * (high - low)
        elif new_slope < CURVATURE * slope and step < longest:
            low, low_value, low_slope = step, new_value, new_slope
            step = 0.5 * (low + high) if np.isfinite(high) else min(2.5 * step, longest)
        else:
            return trial, new_value, new_gradient
        if high - low < 1e-10 * high:
            break
    return best
