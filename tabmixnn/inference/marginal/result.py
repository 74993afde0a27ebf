"""What a linear mixed model fit holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .minimize import Minimum
from .terms import Block

if TYPE_CHECKING:
    from .lmm import GaussianLikelihood


class LMMFit:
    """A fitted linear mixed model.

    Attributes
    ----------
    beta : ndarray of shape (p,)
        Fixed effects of the columns in ``names``.
    names : list of str
        Columns that were estimated; ``kept`` holds their positions in ``X``.
    vcov_beta : ndarray of shape (p, p)
    theta : ndarray of shape (n_theta,)
        Relative covariance parameters in lme4's order and units; ``theta_names`` names them.
    factors : list of ndarray of shape (q, q)
        Relative covariance factor of each block.
    G : list of ndarray of shape (q, q)
        Covariance of the random effects of each block.
    sigma : float
        Residual standard deviation.
    u : list of ndarray of shape (G, q)
        Conditional modes (BLUPs) of each block.
    loglik : float
        Log-likelihood, restricted if ``reml``.
    criterion_value : float
        Minus twice ``loglik``.
    n, df : int
        Rows, and estimated parameters (fixed effects, theta and sigma).
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
        self.likelihood = likelihood
        self.reml = likelihood.reml
        self.X, self.y, self.blocks = X, y, list(blocks)
        self.weights, self.offset = weights, offset
        self.working = found.x
        self.n_eval, self.converged = found.n_eval, found.converged
        value, gradient, profiled = likelihood.evaluate(found.x)
        fixed, parameters = likelihood.fixed, likelihood.parameters
        self.gradient_norm = float(np.abs(gradient).max())
        self.criterion_value, self.loglik = value, -0.5 * value
        self.n, self.sigma = likelihood.n, profiled.sigma
        self.kept = fixed.kept
        self.names = [names[j] for j in fixed.kept]
        self.beta = fixed.coefficients(profiled.gamma)
        inverse_root = np.linalg.inv(fixed.root)
        self.unscaled_vcov = inverse_root @ profiled.xtvx_inverse @ inverse_root.T
        self.vcov_beta = self.sigma**2 * self.unscaled_vcov
        self.theta = parameters.theta(found.x)
        self.theta_names = parameters.theta_names()
        self.factors = parameters.natural_factors(found.x)
        self.G = [self.sigma**2 * factor @ factor.T for factor in self.factors]
        self._profiled = profiled
        self.df = fixed.rank + parameters.n_params + 1

    @property
    def se(self) -> np.ndarray:
        """Standard errors of the fixed effects, ``(p,)``."""
        return np.sqrt(np.diagonal(self.vcov_beta))

    @property
    def aic(self) -> float:
        """Akaike's criterion, from ``loglik``."""
        return -2.0 * self.loglik + 2.0 * self.df

    @property
    def bic(self) -> float:
        """Schwarz's criterion, from ``loglik`` and all rows."""
        return -2.0 * self.loglik + np.log(self.n) * self.df

    def _per_term(self, arrays: list[np.ndarray]) -> list[np.ndarray]:
        """Split arrays of the groupings into the terms as written."""
        parameters = self.likelihood.parameters
        out = [np.empty(0)] * len(self.blocks)
        for grouping, array in zip(parameters.groupings, arrays, strict=True):
            for term in grouping.terms:
                inverse = np.linalg.inv(term.whitening)
                if array.ndim == 2:
                    out[term.position] = array[:, term.columns] @ inverse.T
                else:
                    inner = array[:, term.columns, term.columns]
                    out[term.position] = inverse @ inner @ inverse.T
        return out

    @cached_property
    def u(self) -> list[np.ndarray]:
        """Conditional modes of each block, ``(G, q)``."""
        factors = self.likelihood.parameters.factors(self.working)
        return self._per_term(self.likelihood.core.conditional_modes(factors, self._profiled))

    @cached_property
    def conditional_variances(self) -> list[np.ndarray]:
        """Conditional covariance of the effects given the data and beta, ``(G, q, q)`` a block."""
        factors = self.likelihood.parameters.factors(self.working)
        relative = self.likelihood.core.conditional_variances(factors)
        return self._per_term([self.sigma**2 * part for part in relative])

    @cached_property
    def fitted(self) -> np.ndarray:
        """Conditional fitted values, ``(n,)``, offset included."""
        out = self.X[:, self.kept] @ self.beta
        if self.offset is not None:
            out = out + self.offset
        for block, u in zip(self.blocks, self.u, strict=True):
            out += np.einsum("nk,nk->n", block.Z, u[block.codes])
        return out

    @property
    def residuals(self) -> np.ndarray:
        """Response less the fitted values, ``(n,)``, not scaled by the weights."""
        return self.y - self.fitted

    @cached_property
    def singular_blocks(self) -> list[int]:
        """Positions of the blocks whose covariance is singular."""
        return [i for i, factor in enumerate(self.factors) if (np.diagonal(factor) == 0.0).any()]

    @property
    def is_singular(self) -> bool:
        """Whether a variance is zero or a correlation is plus or minus one."""
        return bool(self.singular_blocks)

    @property
    def singular_message(self) -> str:
        """Which variance is zero and what to try."""
        parts = []
        for i in self.singular_blocks:
            block, G = self.blocks[i], self.G[i]
            zero = [name for name, v in zip(block.names, np.diagonal(G), strict=True) if v == 0.0]
            if zero:
                parts.append(f"the variance of {', '.join(zero)} in group '{block.group}' is zero")
            else:
                parts.append(
                    f"the covariance of {', '.join(block.names)} in group '{block.group}' "
                    "has a perfect correlation"
                )
        return (
            f"boundary (singular) fit: {'; '.join(parts)}; drop the term, or try || in place of |"
        )

    def criterion(self, theta: np.ndarray, *, reml: bool | None = None) -> tuple[float, np.ndarray]:
        """Profiled criterion and its gradient at any ``theta`` in lme4's units."""
        parameters = self.likelihood.parameters
        value, gradient, _ = self.likelihood.evaluate(parameters.working(theta), reml=reml)
        return value, parameters.theta_gradient(theta, gradient)

    def deviance(
        self, theta: np.ndarray, sigma: float, *, reml: bool | None = None
    ) -> tuple[float, np.ndarray]:
        """Criterion at all variance parameters, only beta profiled, and its gradient.

        Parameters
        ----------
        theta : ndarray of shape (n_theta,)
        sigma : float
        reml : bool, optional
            As fitted by default.

        Returns
        -------
        value : float
        gradient : ndarray of shape (n_theta + 1,)
            With respect to ``theta``, then ``sigma``.
        """
        reml = self.reml if reml is None else reml
        parameters = self.likelihood.parameters
        x = parameters.working(theta)
        value, gradient, profiled = self.likelihood.evaluate(x, sigma=sigma, reml=reml)
        n_resid = self.n - len(self.beta) if reml else self.n
        by_sigma = 2.0 * n_resid / sigma - 2.0 * profiled.rss / sigma**3
        return value, np.append(parameters.theta_gradient(theta, gradient), by_sigma)

    def vcov_at(self, theta: np.ndarray, sigma: float) -> np.ndarray:
        """Covariance ``(p, p)`` of the fixed effects at other variance parameters."""
        x = self.likelihood.parameters.working(theta)
        profiled = self.likelihood.evaluate(x, sigma=sigma)[2]
        inverse_root = np.linalg.inv(self.likelihood.fixed.root)
        return sigma**2 * inverse_root @ profiled.xtvx_inverse @ inverse_root.T
