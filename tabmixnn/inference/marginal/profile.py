"""Profile likelihood of one parameter at a time, for confidence intervals.

The signed root ``zeta`` of the rise in deviance is nearly standard normal, also where a Wald
interval is not symmetric enough (Bates et al. 2015, section 5.1). Profiles are of the maximum
likelihood criterion, as lme4's are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import copysign, inf, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from .boundary import minimize_with_boundary, off_zero
from .conditions import DesignError
from .fixed import fixed_part
from .gaussian import GaussianLikelihood
from .minimize import minimize
from .profiled import CriterionError
from .quantities import Quantity, variance_quantities
from .result import LMMFit

TOL = 1e-11
MAX_STEPS = 25
"""Steps away from an estimate, each longer than the last: to a hundred thousand standard errors."""


class ParameterProfile(ABC):
    """Deviance as a function of one parameter, all others optimised.

    Attributes
    ----------
    name : str
    estimate : float
        Maximum likelihood estimate.
    scale : float
        A rough standard error, to step with.
    lower, upper : float
        Range of the parameter.
    """

    name: str
    estimate: float
    scale: float
    lower: float = -inf
    upper: float = inf

    @abstractmethod
    def rise(self, value: float) -> float:
        """Rise of the deviance over its minimum when the parameter has this value."""

    def zeta(self, value: float) -> float:
        """Signed root of the rise."""
        return copysign(sqrt(max(self.rise(value), 0.0)), value - self.estimate)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval; where the profile stays too low, the end of the range.

        Parameters
        ----------
        level : float
            Coverage.

        Returns
        -------
        lower, upper : float
        """
        if not 0.0 < level < 1.0:
            raise DesignError(f"the level of an interval lies between 0 and 1, not {level}")
        target = float(norm.ppf(0.5 + 0.5 * level))
        return self._bound(-target), self._bound(target)

    def _bound(self, target: float) -> float:
        sign = copysign(1.0, target)
        end = self.upper if sign > 0 else self.lower
        inner, step = self.estimate, abs(target) * self.scale
        if inner == end:
            return end

        def excess(value: float) -> float:
            return self.zeta(value) - target

        for _ in range(MAX_STEPS):
            outer = inner + sign * step
            # Just inside the range, where the constrained problem is still regular.
            last = sign * outer >= sign * end
            if last:
                outer = end - sign * 1e-7 * abs(end - inner)
            try:
                reached = sign * excess(outer) >= 0.0
            except CriterionError:
                # Where nothing speaks against an effect without end its scale is no guide.
                step *= 0.1
                continue
            if reached:
                xtol = 1e-8 * min(self.scale, abs(outer - inner))
                return float(brentq(excess, inner, outer, xtol=xtol, rtol=1e-12))
            if last:
                return end
            inner, step = outer, 1.6 * step
        return sign * inf


class FixedEffectProfile(ParameterProfile):
    """Profile of one fixed effect: its column becomes an offset.

    Parameters
    ----------
    fit : LMMFit
        Fitted by maximum likelihood.
    j : int
        Position among the estimated effects.
    """

    def __init__(self, fit: LMMFit, j: int) -> None:
        self.fit, self.name = fit, fit.names[j]
        self.estimate, self.scale = float(fit.beta[j]), float(fit.se[j])
        X = fit.X[:, fit.kept]
        self._column, self._others = X[:, j], np.delete(X, j, axis=1)
        self._y = fit.y if fit.offset is None else fit.y - fit.offset
        self._root_weights = None if fit.weights is None else np.sqrt(fit.weights)
        start = np.array(fit.working)
        scales = fit.parameters.scales
        start[scales] = np.maximum(np.abs(start[scales]), 0.1)
        self._start = start

    def rise(self, value: float) -> float:
        """Rise of the deviance over its minimum when the effect has this value."""
        response = self._y - value * self._column
        part = fixed_part(self._others, response, self._root_weights, [])
        groupings = self.fit.parameters.groupings
        likelihood = GaussianLikelihood(part, groupings, False, self.fit.weights)
        found = minimize_with_boundary(likelihood, self._start, TOL)
        return found.value - self.fit.criterion_value


class VarianceProfile(ParameterProfile):
    """Profile of a function of the variance parameters, minimised on the surface where it is held.

    Parameters
    ----------
    fit : LMMFit
        Fitted by maximum likelihood.
    quantity : Quantity
        A standard deviation or a correlation.
    """

    def __init__(self, fit: LMMFit, quantity: Quantity) -> None:
        self.fit, self.quantity, self.name = fit, quantity, quantity.name
        self.lower, self.upper = quantity.lower, quantity.upper
        self.estimate = quantity.value(fit.working, fit.sigma)
        self.scale = 0.2 * ((abs(self.estimate) or fit.sigma) if self.upper == inf else 1.0)
        self._last = fit.working, self.estimate

    def rise(self, value: float) -> float:
        """Rise of the deviance over its minimum when the quantity has this value."""
        if value == self.estimate:
            return 0.0

        def objective(free: np.ndarray) -> tuple[float, np.ndarray]:
            x, sigma, pullback = self.quantity.restrict(free, value)
            deviance, by_x, profiled = self.fit.likelihood.evaluate(x, sigma=sigma)
            by_sigma = 0.0
            if sigma is not None:
                by_sigma = 2.0 * self.fit.n / sigma - 2.0 * profiled.rss / sigma**3
            return deviance - self.fit.criterion_value, pullback(by_x, by_sigma)

        # The last point is near, but where it lies in a corner of the covariances it keeps the
        # search there; the estimate never does, but for deviations of zero.
        starts = [self._last, (self.fit.working, self.estimate)]
        for start, _ in starts[: 1 if self._last[1] == self.estimate else 2]:
            elsewhere = off_zero(start, self.fit.parameters.scales)
            if (elsewhere != start).any():
                starts.append((elsewhere, self.quantity.value(elsewhere, self.fit.sigma)))
        searches = [
            minimize(objective, self.quantity.start(start, now, value), tol=TOL)
            for start, now in starts
        ]
        found = min(searches, key=lambda search: search.value)
        self._last = found.x, value
        return found.value


def profiles(fit: LMMFit) -> list[ParameterProfile]:
    """Profiles of every parameter: covariances of each block, sigma, then the fixed effects.

    Parameters
    ----------
    fit : LMMFit
        Fitted by maximum likelihood.

    Raises
    ------
    DesignError
        The fit is REML, whose criterion does not compare different fixed effects.
    """
    if fit.reml:
        raise DesignError("profiles need a maximum likelihood fit; refit with reml=False")
    out: list[ParameterProfile] = [VarianceProfile(fit, q) for q in variance_quantities(fit)]
    return out + [FixedEffectProfile(fit, j) for j in range(len(fit.beta))]
