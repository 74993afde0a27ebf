"""What a linear mixed model fit holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .fit import MixedFit
from .gaussian import GaussianLikelihood
from .minimize import Minimum
from .profiled import Profiled
from .terms import Block


class LMMFit(MixedFit):
    """A fitted linear mixed model; see :class:`MixedFit` for what both kinds hold.

    Attributes
    ----------
    reml : bool
    loglik : float
        Log-likelihood, restricted if ``reml``.
    criterion_value : float
        Minus twice ``loglik``.
    df : int
        Fixed effects, theta and sigma.
    n_eval : int
        Evaluations of the criterion.
    gradient_norm : float
        Largest gradient of the criterion in the optimiser's (whitened) parameters.
    converged : bool
    """

    def __init__(
        self,
        likelihood: GaussianLikelihood,
        found: Minimum,
        X: np.ndarray,
        y: np.ndarray,
        blocks: Sequence[Block],
        weights: np.ndarray | None,
        offset: np.ndarray | None,
        names: list[str],
    ) -> None:
        value, gradient, profiled = likelihood.evaluate(found.x)
        fixed, parameters = likelihood.fixed, likelihood.parameters
        super().__init__(
            parameters, found.x, profiled.sigma, blocks, X, y, fixed.kept, names, weights, offset
        )
        self.likelihood, self.reml = likelihood, likelihood.reml
        self.n_eval, self.converged = found.n_eval, found.converged
        self.gradient_norm = float(np.abs(gradient).max(initial=0.0))
        self.criterion_value, self.loglik = value, -0.5 * value
        self.beta = fixed.coefficients(profiled.gamma)
        self.vcov_beta = self._vcov(self.sigma, profiled)
        self.df = fixed.rank + parameters.n_params + 1
        self._profiled = profiled

    def _working_modes(self) -> list[np.ndarray]:
        factors = self.parameters.factors(self.working)
        return self.likelihood.core.conditional_modes(factors, self._profiled)

    def _working_variances(self) -> list[np.ndarray]:
        return self.likelihood.core.conditional_variances(self.parameters.factors(self.working))

    def at(
        self, x: np.ndarray, sigma: float, *, reml: bool | None = None
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Criterion at other variance parameters in the optimiser's coordinates.

        These know neither units nor origins: they are of whitened columns, relative to sigma.

        Parameters
        ----------
        x : ndarray of shape (n_theta,)
        sigma : float
        reml : bool, optional
            As fitted by default.

        Returns
        -------
        value : float
        gradient : ndarray of shape (n_theta + 1,)
            With respect to ``x``, then the logarithm of ``sigma``.
        vcov : ndarray of shape (p, p)
            Covariance of the fixed effects there.
        """
        reml = self.reml if reml is None else reml
        value, gradient, profiled = self.likelihood.evaluate(x, sigma=sigma, reml=reml)
        n_resid = self.n - len(self.beta) if reml else self.n
        by_log_sigma = 2.0 * n_resid - 2.0 * profiled.rss / sigma**2
        return value, np.append(gradient, by_log_sigma), self._vcov(sigma, profiled)

    def _vcov(self, sigma: float, profiled: Profiled) -> np.ndarray:
        inverse_root = np.linalg.inv(self.likelihood.fixed.root)
        return sigma**2 * inverse_root @ profiled.xtvx_inverse @ inverse_root.T
