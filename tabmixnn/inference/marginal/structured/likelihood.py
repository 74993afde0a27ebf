"""The profiled Gaussian likelihood of a structured model."""

from __future__ import annotations

import numpy as np

from ..fixed import FixedPart
from ..minimize import difference_hessian
from ..profiled import CriterionError, Profiled, profile_fixed
from .dense import DenseCore
from .nested import NestedCore
from .parameters import StructuredParameters
from .rotated import RotatedCore
from .terms import StructuredTerm


def _nested(terms: list[StructuredTerm], residual) -> bool:
    """Whether everything happens inside the levels of one factor."""
    if any(t.over_levels is not None for t in terms):
        return False
    if any(not np.array_equal(t.codes, terms[0].codes) for t in terms):
        return False
    if residual is None or not terms:
        return True
    codes = np.asarray(residual.codes)
    level = np.zeros(int(codes.max()) + 1, dtype=np.int64)
    level[codes] = terms[0].codes
    return bool((level[codes] == terms[0].codes).all())


def choose_core(terms: list[StructuredTerm], residual, D: np.ndarray):
    """The cheapest core that fits the model."""
    if _nested(terms, residual):
        return NestedCore.from_rows(terms, residual, D)
    known = [t for t in terms if t.over_levels is not None and not t.over_levels.n_params]
    if residual is None and len(terms) == 1 and known and terms[0].q == 1:
        return RotatedCore(terms[0], D)
    return DenseCore(terms, residual, D)


class StructuredLikelihood:
    """Criterion of a structured linear mixed model as a function of its parameters.

    Parameters
    ----------
    fixed : FixedPart
    terms : list of StructuredTerm
    residual : ResidualStructure, optional
    reml : bool
    weights : ndarray of shape (n,), optional
    """

    def __init__(
        self, fixed: FixedPart, terms: list[StructuredTerm], residual, reml: bool, weights
    ) -> None:
        self.fixed, self.reml, self.n = fixed, reml, len(fixed.D)
        self.parameters = StructuredParameters(terms, residual)
        self.scales = self.parameters.scales
        self.core = choose_core(terms, residual, fixed.D)
        self.weight_constant = 0.0 if weights is None else -float(np.log(weights).sum())
        self.root_logdet = 2.0 * float(np.log(np.abs(np.diagonal(fixed.root))).sum())

    def evaluate(
        self, x: np.ndarray, sigma: float | None = None, reml: bool | None = None
    ) -> tuple[float, np.ndarray, Profiled]:
        """Criterion (minus twice the log-likelihood), gradient in ``x`` and the profiled part."""
        reml = self.reml if reml is None else reml
        n_resid = self.n - self.fixed.rank if reml else self.n
        logdet, S = self.core.reduce(x)
        profiled = profile_fixed(S, n_resid, reml, sigma)
        value = logdet + profiled.value + self.weight_constant + (self.root_logdet if reml else 0.0)
        return value, self.core.gradient(x, profiled.adjoint), profiled

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient, for the minimiser."""
        return self.evaluate(x)[:2]

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and a Hessian from differences of the gradient."""
        value, gradient = self(x)
        return value, gradient, self._hessian(x, gradient, 1e-4, gradient)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """Hessian ``(k, k)`` from central differences of the gradient."""
        return self._hessian(x, self(x)[1], 1e-3, None)

    def _hessian(
        self, x: np.ndarray, gradient: np.ndarray, step: float, forward: np.ndarray | None
    ) -> np.ndarray:

        def nearby(at: np.ndarray) -> tuple[float, np.ndarray]:
            try:
                return self(at)
            except CriterionError:
                # A step over the edge of what can be computed tells nothing of the curvature.
                return np.inf, gradient

        return difference_hessian(nearby, x, forward, step)
