"""Profile likelihood of a generalised mixed model, one parameter at a time."""

from __future__ import annotations

import numpy as np
from scipy.linalg import null_space

from .boundary import off_zero
from .glmm_result import GLMMFit
from .minimize import minimize
from .profile import ParameterProfile
from .profiled import CriterionError
from .terms import Term

TOL = 1e-9
"""Modes are found to about this, so that the criterion has no more digits."""


class LinearProfile(ParameterProfile):
    """Profile of a linear function ``a'x`` of the optimiser's parameters.

    Parameters
    ----------
    fit : GLMMFit
    name : str
    direction : ndarray of shape (k,)
        ``a``.
    alone : ndarray of shape (k,)
        Moves the parameter by one and no other effect.
    scale : float
        A rough standard error.
    lower : float
        End of its range.
    """

    def __init__(
        self,
        fit: GLMMFit,
        name: str,
        direction: np.ndarray,
        alone: np.ndarray,
        scale: float,
        lower: float,
    ) -> None:
        self.fit, self.name, self.scale, self.lower = fit, name, scale, lower
        self.estimate = float(direction @ fit.solution)
        self._shift = direction / (direction @ direction)
        self._moves = (self._shift, alone)
        self._free = null_space(direction[None])
        self._last = fit.solution, self.estimate

    def rise(self, value: float) -> float:
        """Rise of the deviance over its minimum when the parameter has this value."""
        if value == self.estimate:
            return 0.0
        held, free, fit = self._shift * value, self._free, self.fit
        if not free.shape[1]:
            return fit.objective(held)[0] + 2.0 * fit.loglik

        def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
            deviance, gradient = fit.objective(held + free @ z)
            return deviance + 2.0 * fit.loglik, free.T @ gradient

        def height(x: np.ndarray) -> float:
            try:
                return fit.objective(x)[0]
            except CriterionError:
                return np.inf

        last, before = self._last
        start = min((last + move * (value - before) for move in self._moves), key=height)
        starts = [start]
        elsewhere = off_zero(start, fit.objective.scales)
        if (elsewhere != start).any():
            starts.append(elsewhere)
        searches = [minimize(objective, free.T @ start, tol=TOL) for start in starts]
        found = min(searches, key=lambda search: search.value)
        self._last = held + free @ found.x, value
        return found.value


def glmm_profiles(fit: GLMMFit) -> list[ParameterProfile]:
    """Profiles of the deviations of terms with one effect, then of the fixed effects.

    Parameters
    ----------
    fit : GLMMFit
    """
    objective = fit.objective
    size = objective.n_params
    out: list[ParameterProfile] = []
    for position, term in sorted(_scalar_terms(fit).items()):
        direction = np.zeros(size)
        place = objective.p + term.params.start
        # The sign of a working deviation means nothing; that of the profile is positive.
        sign = -1.0 if fit.solution[place] < 0.0 else 1.0
        direction[place] = sign / float(term.whitening[0, 0])
        name = f"sd {term.names[0]} | {fit.blocks[position].group}"
        scale = 0.2 * (abs(float(direction @ fit.solution)) or 1.0)
        alone = direction / (direction @ direction)
        out.append(LinearProfile(fit, name, direction, alone, scale, 0.0))
    root = np.linalg.inv(fit.inverse_root)
    for j, name in enumerate(fit.names):
        direction = np.zeros(size)
        direction[: objective.p] = fit.inverse_root[j]
        alone = np.zeros(size)
        alone[: objective.p] = root[:, j]
        out.append(LinearProfile(fit, name, direction, alone, float(fit.se[j]), -np.inf))
    return out


def _scalar_terms(fit: GLMMFit) -> dict[int, Term]:
    """Return the terms with one effect by their place in the formula."""
    terms = (term for grouping in fit.parameters.groupings for term in grouping.terms)
    return {term.position: term for term in terms if term.size == 1}
