"""A quasi-Newton minimiser for a handful of parameters and a dear criterion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .line_search import Objective, line_search
from .profiled import CriterionError

NOISE = 1e-12
"""Rounding error of the criterion relative to its size."""
MAX_RENEWALS = 3
MAX_STALLS = 8
"""Steps in a row without a decrease that rounding could not have made."""
SETTLED = 1e-6
"""Twice a predicted decrease that no longer moves an estimate: 1e-3 of its standard error."""
HELD_UP = 1000.0
"""How much longer than allowed a step may be before the parameters that want it so are damped."""


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


@dataclass(frozen=True)
class Solution:
    """Where a search ended that need not be made again.

    Attributes
    ----------
    x : ndarray of shape (k,)
    n_eval : int
    converged : bool
    """

    x: np.ndarray
    n_eval: int
    converged: bool

    def evaluated(self, fun: Objective) -> Minimum:
        """Return the minimum that it was, with the objective at it; the Hessian is not known."""
        if not np.isfinite(self.x).all():
            raise CriterionError("the solution is not finite")
        value, gradient = fun(self.x)
        unknown = np.full((len(self.x), len(self.x)), np.nan)
        return Minimum(self.x, value, gradient, unknown, self.n_eval, self.converged)


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


def _unit_diagonal(hessian: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hessian in units that make its diagonal one in size, and those units."""
    units = np.sqrt(np.abs(np.diagonal(hessian)))
    units = np.maximum(units, 1e-10 * max(units.max(), 1e-10))
    return hessian / np.outer(units, units), units


def _positive(hessian: np.ndarray) -> np.ndarray:
    """Reflect negative curvature and bound the condition, so that a Newton step descends."""
    scaled, units = _unit_diagonal(hessian)
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(np.abs(values), 1e-6)
    return (vectors * values) @ vectors.T * np.outer(units, units)


def _newton_step(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Descent direction; curvature that rounding has destroyed counts as a little."""
    scaled, units = _unit_diagonal(hessian)
    if _is_well_conditioned(scaled):
        return -np.linalg.solve(scaled, gradient / units) / units
    values, vectors = np.linalg.eigh(scaled)
    values = np.maximum(values, 1e-13 * values[-1])
    return -vectors @ ((vectors.T @ (gradient / units)) / values) / units


def _damped(hessian: np.ndarray, gradient: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Hessian with curvature where a parameter alone would go beyond its reach.

    A step is shortened as a whole: one parameter that the data do not tell would hold up all.
    """
    lacking = np.abs(gradient) / reach - np.diagonal(hessian)
    return hessian + np.diag(np.maximum(lacking, 0.0)) if (lacking > 0.0).any() else hessian


def _is_well_conditioned(scaled: np.ndarray) -> bool:
    """Whether a matrix of unit diagonal is positive definite with digits to spare."""
    try:
        root = np.linalg.cholesky(scaled)
    except np.linalg.LinAlgError:
        return False
    return bool(np.diagonal(root).min() > 1e-4)


class _Counter:
    """Counts evaluations; outside the domain the value is infinite."""

    def __init__(self, fun: Objective) -> None:
        self.fun, self.n_eval = fun, 0

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        self.n_eval += 1
        try:
            return self.fun(x)
        except CriterionError:
            return np.inf, np.zeros_like(x)


def default_reach(x: np.ndarray) -> np.ndarray:
    """Longest step of each parameter."""
    return 2.0 * (1.0 + np.abs(x))


def minimize(
    fun: Objective,
    x: np.ndarray,
    *,
    curvature: Callable[[np.ndarray], tuple[float, np.ndarray, np.ndarray]] | None = None,
    tol: float = 1e-13,
    max_iter: int = 200,
    reach: Callable[[np.ndarray], np.ndarray] = default_reach,
    stop: Callable[[np.ndarray, np.ndarray, np.ndarray], bool] | None = None,
) -> Minimum:
    """Minimise a smooth function with its gradient by BFGS.

    The first Hessian comes from ``curvature`` or from differences of the gradient: with few
    parameters that costs less than the iterations it saves, and it makes the path independent of
    the parameters' units. Where the search stalls, a new Hessian tells the optimum from a bad one.

    Parameters
    ----------
    fun : callable
        Returns the value and the gradient; may raise ``CriterionError`` outside its domain.
    x : ndarray of shape (k,)
    curvature : callable, optional
        Returns the value, the gradient and an approximate Hessian.
    tol : float
        Bound on ``g'H^-1 g``, twice the predicted decrease.
    max_iter : int
    reach : callable
        Longest step of each parameter at a point.
    stop : callable, optional
        Stop as soon as this holds of the point, its gradient and Hessian.

    Raises
    ------
    CriterionError
        The objective is not finite at the start.
    """
    counted = _Counter(fun)

    def renew(at: np.ndarray, slope: np.ndarray) -> np.ndarray:
        if curvature is None:
            return difference_hessian(counted, at, slope, 1e-4)
        counted.n_eval += 1
        return curvature(at)[2]

    if curvature is None:
        value, gradient = counted(x)
    else:
        value, gradient, hessian = curvature(x)
        counted.n_eval += 1
    if not np.isfinite(value):
        raise CriterionError("the criterion is not finite at the start values")
    if not len(x):
        # Every parameter is held, or profiled out.
        return Minimum(x, value, gradient, np.zeros((0, 0)), counted.n_eval, True)
    if curvature is None:
        hessian = difference_hessian(counted, x, gradient, 1e-3)
    hessian, decrement = _positive(hessian), np.inf
    renewals, stalls = 0, 0
    for _ in range(max_iter):
        allowed = reach(x)
        direction = _newton_step(hessian, gradient)
        reaches = float((np.abs(direction) / allowed).max())
        if reaches > HELD_UP:
            direction = _newton_step(_damped(hessian, gradient, allowed), gradient)
            reaches = float((np.abs(direction) / allowed).max())
        # Where the criterion is flat the whole step would be endless, and what it promises too.
        decrement = float(-gradient @ direction) / max(reaches, 1.0)
        if decrement <= tol or (stop is not None and stop(x, gradient, hessian)):
            break
        longest, noise = 1.0 / reaches, NOISE * (1.0 + abs(value))
        found = line_search(counted, (x, value, gradient), direction, longest, noise)
        if found is not None and found[1] < value - 10.0 * noise:
            stalls = 0
        else:
            stalls += 1
        failed = found is None or found[1] > value + noise or stalls > MAX_STALLS
        if failed or (found[1] >= value and decrement < 1e-9):
            # Rounding decides now, unless the approximate Hessian is wrong: look once more.
            if not failed and np.abs(found[2]).max() < np.abs(gradient).max():
                x, value, gradient = found
            if renewals == MAX_RENEWALS:
                break
            renewals, stalls = renewals + 1, 0
            hessian = _positive(renew(x, gradient))
            decrement = -float(gradient @ _newton_step(hessian, gradient))
            if decrement <= SETTLED:
                break
            continue
        hessian = _secant(hessian, found[0] - x, found[2] - gradient)
        x, value, gradient = found
    return Minimum(x, value, gradient, hessian, counted.n_eval, decrement <= SETTLED)


def _secant(hessian: np.ndarray, move: np.ndarray, change: np.ndarray) -> np.ndarray:
    """BFGS update; Powell's damping keeps it positive definite."""
    Hs = hessian @ move
    curvature, agreement = float(move @ Hs), float(move @ change)
    if curvature <= 0.0:
        return hessian
    mix = 1.0 if agreement >= 0.2 * curvature else 0.8 * curvature / (curvature - agreement)
    target = mix * change + (1.0 - mix) * Hs
    return hessian - np.outer(Hs, Hs) / curvature + np.outer(target, target) / (move @ target)
