"""Minimisation over standard deviations that may be exactly zero."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

import numpy as np

from .minimize import Minimum, default_reach, minimize
from .profiled import CriterionError

NEAR_ZERO = 0.01
"""Below this share of a residual deviation a relative deviation is suspected to be zero."""


SMALL_SHARE = 0.1
"""Scales below this share of the largest are tried at zero."""
NO_INFORMATION = 1e-6
"""Scales are held at zero if the data know less than this of their logarithms and lose nothing: of
effects that fixed effects determine a restricted likelihood says nothing."""


def off_zero(x: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Parameters with the scales that are about zero put where the criterion has a slope.

    It is even in each of them, so that a search that starts at zero stays there.
    """
    out = x.copy()
    near = scales[np.abs(x[scales]) < NEAR_ZERO]
    out[near] = 10.0 * NEAR_ZERO
    return out


class ScaledObjective(Protocol):
    """An objective that says which of its parameters are standard deviations up to sign."""

    scales: np.ndarray

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and an approximate Hessian."""


class LogScales:
    """An objective whose scale parameters are given by their logarithms.

    The criterion is closer to a parabola there while no scale is near zero.
    """

    def __init__(self, objective: ScaledObjective) -> None:
        self.objective = objective
        self.scales = objective.scales

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Coordinates of the parameters ``x``, whose scales have to be positive."""
        z = x.copy()
        z[self.scales] = np.log(x[self.scales])
        return z

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Parameters at the coordinates ``z``."""
        x = z.copy()
        x[self.scales] = np.exp(z[self.scales])
        return x

    def _slope(self, x: np.ndarray) -> np.ndarray:
        slope = np.ones_like(x)
        slope[self.scales] = x[self.scales]
        return slope

    def __call__(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        x = self.decode(z)
        value, gradient = self.objective(x)
        return value, gradient * self._slope(x)

    def curvature(self, z: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and average information."""
        x = self.decode(z)
        slope = self._slope(x)
        value, gradient, information = self.objective.curvature(x)
        return value, gradient * slope, information * np.outer(slope, slope)

    def reach(self, z: np.ndarray) -> np.ndarray:
        """Longest step of each coordinate: a factor of seven for a scale."""
        out = default_reach(z)
        out[self.scales] = 2.0
        return out

    def near_zero(self, z: np.ndarray, gradient: np.ndarray, hessian: np.ndarray) -> bool:
        """Whether some scale has all but vanished and the other parameters have settled."""
        near = self.scales[z[self.scales] < np.log(NEAR_ZERO)]
        if not len(near):
            return False
        rest = np.setdiff1d(np.arange(len(z)), near)
        inner = np.linalg.solve(hessian[np.ix_(rest, rest)], gradient[rest])
        return float(gradient[rest] @ inner) < 0.1


def _held_at_zero(fun: ScaledObjective, x: np.ndarray, zeros: np.ndarray) -> Minimum:
    """Minimise with some scale parameters fixed at zero; infinite if it cannot start there."""
    free = np.setdiff1d(np.arange(len(x)), zeros)
    base = x.copy()
    base[zeros] = 0.0
    if not len(free):
        value, gradient = fun(base)
        return Minimum(base, value, gradient, np.zeros((0, 0)), 1, True)

    def reduced(part: np.ndarray) -> tuple[float, np.ndarray]:
        whole = base.copy()
        whole[free] = part
        value, gradient = fun(whole)
        return value, gradient[free]

    try:
        found = minimize(reduced, base[free])
    except CriterionError:
        return Minimum(base, np.inf, np.zeros_like(x), np.zeros((0, 0)), 1, False)
    whole = base.copy()
    whole[free] = found.x
    value, gradient = fun(whole)
    return Minimum(whole, value, gradient, found.hessian, found.n_eval + 1, found.converged)


def _search(objective: ScaledObjective, x: np.ndarray, tol: float) -> Minimum:
    """Minimise from one start; may end early beside a boundary."""
    logs = LogScales(objective)
    start = logs.encode(x)
    found = minimize(
        logs, start, curvature=logs.curvature, tol=tol, reach=logs.reach, stop=logs.near_zero
    )
    return replace(found, x=logs.decode(found.x))


def minimize_with_boundary(objective: ScaledObjective, x: np.ndarray, tol: float) -> Minimum:
    """Minimise, then settle which standard deviations are exactly zero.

    A deviation that ends near zero is started again from one, and so are all together, since the
    criterion may have a second minimum; then it is compared with the model without it. The
    criterion is an even and smooth function of the deviation itself, so the last steps near zero
    are taken in that.
    """
    scales = objective.scales
    best = _search(objective, x, tol)
    unknown = scales[np.diagonal(best.hessian)[scales] < NO_INFORMATION]
    if len(unknown):
        reduced = _held_at_zero(objective, best.x, unknown)
        if reduced.value <= best.value + 1e-6:
            return replace(reduced, n_eval=best.n_eval + reduced.n_eval)
    near = scales[best.x[scales] < NEAR_ZERO]
    n_eval = best.n_eval
    if not len(near):
        flat = _flat_towards_zero(objective, best)
        if not len(flat):
            return best
        near, n_eval = flat, n_eval + 1
    again = best.x.copy()
    again[near] = 1.0
    plain = x.copy()
    plain[scales] = 1.0
    searches = (
        lambda: _search(objective, again, tol),
        lambda: _search(objective, plain, tol),
        lambda: minimize(objective, best.x, tol=tol),
    )
    candidates = list(_that_start(searches))
    n_eval += sum(found.n_eval for found in candidates)
    best = min([*candidates, best], key=lambda found: found.value)
    near = scales[np.abs(best.x[scales]) < NEAR_ZERO]
    while len(near):
        reduced = _held_at_zero(objective, best.x, near)
        n_eval += reduced.n_eval
        if reduced.value <= best.value + 1e-12 * (1.0 + abs(best.value)):
            best = _without_specks(objective, reduced)
            break
        near = np.delete(near, np.argmax(np.abs(best.x[near])))
    return replace(best, n_eval=n_eval)


def _that_start(searches: Iterable[Callable[[], Minimum]]) -> Iterator[Minimum]:
    """Minima of the searches whose starting point is within the objective's domain."""
    for search in searches:
        with suppress(CriterionError):
            yield search()


def _flat_towards_zero(objective: ScaledObjective, found: Minimum) -> np.ndarray:
    """Scales, small beside the others, without which the value is no worse.

    In logarithms the criterion levels out towards zero, and a search can take that for its end.
    """
    size = np.abs(found.x[objective.scales])
    small = objective.scales[size < SMALL_SHARE * size.max()]
    if not len(small):
        return small
    without = found.x.copy()
    without[small] = 0.0
    try:
        value = objective(without)[0]
    except CriterionError:
        return small[:0]
    return small if value <= found.value + 1e-6 else small[:0]


def _without_specks(objective: ScaledObjective, found: Minimum) -> Minimum:
    """Round parameters that only rounding keeps from zero, if the value agrees."""
    x = np.where(np.abs(found.x) < 1e-6, 0.0, found.x)
    value, gradient = objective(x)
    if value <= found.value + 1e-12 * (1.0 + abs(value)):
        return replace(found, x=x, value=value, gradient=gradient)
    return found
