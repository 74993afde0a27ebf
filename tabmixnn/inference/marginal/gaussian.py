"""The Gaussian likelihood with beta and sigma profiled out."""

from __future__ import annotations

import numpy as np

from .crossed import CrossedGroupings
from .fixed import FixedBasis
from .parameters import Parameters, moment_start
from .profiled import Profiled
from .single import SingleGrouping


class GaussianLikelihood:
    """The profiled criterion of one linear mixed model as a function of its parameters.

    Parameters
    ----------
    fixed : FixedBasis
    groupings : list of Grouping
    reml : bool
    weights : ndarray of shape (n,), optional
    """

    def __init__(
        self, fixed: FixedBasis, groupings: list, reml: bool, weights: np.ndarray | None
    ) -> None:
        self.fixed, self.reml = fixed, reml
        self.n = fixed.n
        self.parameters = Parameters(groupings)
        self.scales = self.parameters.scales
        core = SingleGrouping if len(groupings) == 1 else CrossedGroupings
        self.core = core(groupings, fixed)
        self.weight_constant = 0.0 if weights is None else -float(np.log(weights).sum())
        self._last: tuple[np.ndarray, tuple[float, np.ndarray, Profiled]] | None = None
        self.root_logdet = 2.0 * float(np.log(np.abs(np.diagonal(fixed.root))).sum())

    def evaluate(
        self,
        x: np.ndarray,
        sigma: float | None = None,
        reml: bool | None = None,
        information: bool = False,
    ) -> tuple[float, np.ndarray, Profiled]:
        """Criterion (minus twice the log-likelihood), gradient in ``x`` and the profiled part."""
        plain = sigma is None and reml is None and not information
        if plain and self._last is not None and np.array_equal(self._last[0], x):
            return self._last[1]
        reml = self.reml if reml is None else reml
        n_resid = self.n - self.fixed.rank if reml else self.n
        factors = self.parameters.factors(x)
        options = {"directions": self.parameters.derivatives(x)} if information else {}
        value, gradients, profiled = self.core.evaluate(factors, n_resid, reml, sigma, **options)
        value += self.weight_constant + (self.root_logdet if reml else 0.0)
        result = value, self.parameters.pullback(x, gradients), profiled
        if plain:
            self._last = x.copy(), result
        return result

    def start(self) -> np.ndarray:
        """Parameters to start from, see :func:`moment_start`."""
        total = float(self.core.C[-1, -1]) / self.n
        groupings = self.parameters.groupings
        return moment_start(groupings, self.core.moments(), total, self.parameters.n_params)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient, for the minimiser."""
        return self.evaluate(x)[:2]

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and average information."""
        value, gradient, profiled = self.evaluate(x, information=True)
        order = self.parameters.elimination_order
        information = np.empty_like(profiled.information)
        information[np.ix_(order, order)] = profiled.information
        return value, gradient, information
