"""Fisher scoring under constraints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.sem.constraints import Conditions
from tabmixnn.sem.errors import ConvergenceError
from tabmixnn.sem.likelihood import GaussianLikelihood
from tabmixnn.sem.ram import Array

MAX_STEPS = 500
TOLERANCE = 1e-15
PENALTY = 1e3


@dataclass(frozen=True)
class Maximum:
    """Where the search ended.

    Parameters
    ----------
    theta : ndarray, shape (q,)
    loglik : float
    covariance : ndarray, shape (q, q)
        Of the estimates: the inverse expected information along the active constraints.
    n_conditions : int
        Independent active constraints.
    n_steps : int
    """

    theta: Array
    loglik: float
    covariance: Array
    n_conditions: int
    n_steps: int


def maximise(likelihood: GaussianLikelihood, conditions: Conditions, start: Array) -> Maximum:
    """Find the maximum of the likelihood subject to equalities and inequalities.

    Inequalities are an active set: they become equalities where they are violated, and are let
    go again where their multiplier says that the likelihood rises away from them.

    Raises
    ------
    ConvergenceError
        If no maximum is found, or parameters are not identified.
    """
    active = conditions.is_equality.copy()
    theta, steps = start, 0
    for _ in range(2 * len(active) + 1):
        theta, multipliers, used = _search(likelihood, conditions, active, theta)
        steps += used
        h, _ = conditions.evaluate(theta)
        let_go = active & ~conditions.is_equality
        let_go[active] &= multipliers < -1e-8
        violated = ~active & (h < -1e-9)
        if not (let_go.any() or violated.any()):
            return _maximum(likelihood, conditions, active, theta, steps)
        active = (active & ~let_go) | violated
    raise ConvergenceError(
        "No set of active inequalities fits the likelihood; check that the constraints of the "
        "model do not contradict each other."
    )


def _search(
    likelihood: GaussianLikelihood,
    conditions: Conditions,
    active: NDArray[np.bool_],
    theta: Array,
) -> tuple[Array, Array, int]:
    """Return the maximum with some constraints as equalities, their multipliers, and steps."""

    def merit(at: Array) -> float:
        h = conditions.evaluate(at)[0][active]
        return likelihood.value(at) - PENALTY * likelihood.sample.n * float(np.abs(h).sum())

    current, damping = merit(theta), 1e-3
    if not np.isfinite(current):
        raise ConvergenceError(
            "The covariance matrix that the starting values imply is not positive definite; give "
            "better ones, as in 'y ~ start(0.5)*x'."
        )
    n = likelihood.sample.n
    for step in range(1, MAX_STEPS + 1):
        gradient, information = likelihood.derivatives(theta)
        h, jacobian = (part[active] for part in conditions.evaluate(theta))
        direction, multipliers = _step(gradient, information, h, jacobian, 0.0)
        # The undamped step tells how far the maximum is, in standard errors.
        if direction @ information @ direction < TOLERANCE * n and np.abs(h).max(initial=0) < 1e-9:
            return theta + direction, multipliers, step
        rounding = 1e-13 * abs(current)
        while True:
            direction, _ = _step(gradient, information, h, jacobian, damping)
            trial = merit(theta + direction)
            if trial >= current - rounding:
                break
            damping *= 8
            if damping > 1e16:
                raise ConvergenceError(
                    "The likelihood has no maximum that could be found; the model may not be "
                    "identified, or needs starting values such as 'y ~ start(0.5)*x'."
                )
        theta, current = theta + direction, trial
        damping = max(damping / 10, 1e-12)
    raise ConvergenceError(
        f"The likelihood still rises after {MAX_STEPS} steps; the model may not be identified, or "
        "needs starting values such as 'y ~ start(0.5)*x'."
    )


def _step(
    gradient: Array, information: Array, h: Array, jacobian: Array, damping: float
) -> tuple[Array, Array]:
    """Solve the Karush-Kuhn-Tucker system of the damped quadratic model.

    In units of each parameter's and each constraint's own curvature, so that data in different
    units do not look singular.
    """
    q, k = len(gradient), len(h)
    diagonal = np.diag(information)
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    slope = jacobian * unit
    length = np.linalg.norm(slope, axis=1)
    row = 1 / np.where(length > 0, length, 1.0)
    system = np.zeros((q + k, q + k))
    system[:q, :q] = information * np.outer(unit, unit) + damping * np.eye(q)
    system[:q, q:], system[q:, :q] = (slope * row[:, None]).T, slope * row[:, None]
    right = np.concatenate([gradient * unit, -h * row])
    solution = np.linalg.lstsq(system, right, rcond=None)[0]
    return unit * solution[:q], -row * solution[q:]


def _maximum(
    likelihood: GaussianLikelihood,
    conditions: Conditions,
    active: NDArray[np.bool_],
    theta: Array,
    steps: int,
) -> Maximum:
    information = likelihood.derivatives(theta)[1]
    diagonal = np.diag(information)
    unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    jacobian = conditions.evaluate(theta)[1][active] * unit
    _, singular, right = np.linalg.svd(jacobian, full_matrices=True)
    rank = int((singular > 1e-10 * singular.max(initial=1e-300)).sum())
    free = right[rank:].T
    inner = free.T @ (information * np.outer(unit, unit)) @ free
    if (diagonal <= 0).any() or np.linalg.cond(inner) > 1e13:
        raise ConvergenceError(
            "The data do not identify all parameters: the expected information is singular. Fix "
            "a parameter, or give each latent variable a scale."
        )
    free = unit[:, None] * free
    covariance = free @ np.linalg.inv(inner) @ free.T
    return Maximum(theta, likelihood.value(theta), covariance, rank, steps)
