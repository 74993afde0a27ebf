"""What a generalised linear mixed model fit holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from .fit import MixedFit
from .generalised_mixin import GeneralisedMixin
from .laplace import LaplaceLikelihood
from .minimize import Minimum, difference_hessian
from .terms import Block


class GLMMFit(GeneralisedMixin, MixedFit):
    """A fitted generalised model; see :class:`MixedFit` for what both kinds hold.

    Attributes
    ----------
    loglik : float
        Laplace or quadrature approximation, with all constants of the density.
    dispersion : float or None
        Estimated dispersion: the size of ``nbinom2``, ``Var / mu^2`` of ``gamma``.
    df : int
        Fixed effects, theta and the dispersion if there is one.
    n_eval : int
        Evaluations of the criterion and its gradient.
    gradient_norm : float
        Largest gradient of the criterion in the optimiser's parameters.
    converged : bool
    """

    def __init__(
        self,
        objective: LaplaceLikelihood,
        found: Minimum,
        X: np.ndarray,
        y: np.ndarray,
        blocks: Sequence[Block],
        kept: np.ndarray,
        root: np.ndarray,
        weights: np.ndarray | None,
        offset: np.ndarray | None,
        names: list[str],
    ) -> None:
        working = found.x[objective.covariance]
        super().__init__(
            objective.parameters, working, 1.0, blocks, X, y, kept, names, weights, offset
        )
        self.objective, self.response, self.solution = objective, objective.response, found.x
        self.n_eval, self.converged = objective.n_eval, found.converged
        self.gradient_norm = float(np.abs(found.gradient).max())
        self.loglik = -0.5 * found.value
        self.inverse_root = np.linalg.inv(root)
        self.beta = self.inverse_root @ found.x[: objective.p]
        self.dispersion = float(np.exp(found.x[-1])) if objective.has_dispersion else None
        self.df = objective.n_params
        self._mode = objective.mode(found.x)

    @cached_property
    def hessian(self) -> np.ndarray:
        """Hessian of minus the log-likelihood in the optimiser's parameters.

        Standard deviations and a dispersion at their boundary have a row and column of NaN.
        """
        x, objective = self.solution, self.objective
        held = objective.scales[x[objective.scales] == 0.0]
        if self.is_dispersion_at_boundary:
            held = np.append(held, len(x) - 1)
        free = np.setdiff1d(np.arange(len(x)), held)

        def restricted(part: np.ndarray) -> tuple[float, np.ndarray]:
            whole = x.copy()
            whole[free] = part
            value, gradient = objective(whole)
            return value, gradient[free]

        out = np.full((len(x), len(x)), np.nan)
        out[np.ix_(free, free)] = 0.5 * difference_hessian(restricted, x[free], None, 1e-4)
        objective.mode(x)
        return out

    @cached_property
    def vcov_beta(self) -> np.ndarray:
        """Covariance of the fixed effects: their block of the inverse Hessian, ``(p, p)``.

        Of the parameters that are not at their boundary, so that it is Poisson's where negative
        binomial counts have no more spread. NaN where the likelihood is flat, as it is of separated
        outcomes, or rises in some direction.
        """
        p = self.objective.p
        free = np.flatnonzero(np.isfinite(np.diagonal(self.hessian)))
        try:
            inverse = np.linalg.inv(self.hessian[np.ix_(free, free)])
        except np.linalg.LinAlgError:
            return np.full((p, p), np.nan)
        if np.diagonal(inverse).min(initial=np.inf) < 0.0:
            return np.full((p, p), np.nan)
        return self.inverse_root @ inverse[:p, :p] @ self.inverse_root.T

    def _working_modes(self) -> list[np.ndarray]:
        factors = self.parameters.factors(self.working)
        mode, gram = self._mode, self.objective.gram
        out = [mode.lead @ factors[0].T]
        for i, grouping in enumerate(gram.rest):
            part = mode.tail[gram.span(i)].reshape(-1, grouping.size)
            out.append(part @ factors[i + 1].T)
        return out

    def _working_variances(self) -> list[np.ndarray]:
        return self.objective.mode(self.solution).elimination.diagonal_blocks()
