"""Generalised linear models without random effects, by maximum likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tabmixnn.caller import warn_caller
from tabmixnn.inference.exact.no_effects import FixedFit
from tabmixnn.inference.marginal import ConvergenceWarning, DesignError
from tabmixnn.inference.marginal.fixed import independent_part
from tabmixnn.inference.marginal.generalised_mixin import GeneralisedMixin
from tabmixnn.inference.marginal.glm import fit_glm, warn_of_separation
from tabmixnn.inference.marginal.minimize import (
    Minimum,
    Solution,
    difference_hessian,
    minimize,
)
from tabmixnn.inference.marginal.response import Response


class _Likelihood:
    """Minus the log-likelihood of coefficients and log-dispersion, with derivatives."""

    def __init__(self, X: np.ndarray, offset: np.ndarray, response: Response) -> None:
        self.X, self.offset, self.response = X, offset, response
        self.p = X.shape[1]
        self.has_dispersion = response.distribution.has_dispersion

    def _rows(self, x: np.ndarray):
        dispersion = float(np.exp(x[-1])) if self.has_dispersion else 1.0
        return self.response.rows(self.offset + self.X @ x[: self.p], dispersion)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        rows = self._rows(x)
        gradient = -(self.X.T @ rows.score)
        if self.has_dispersion:
            gradient = np.append(gradient, -rows.by_dispersion[0].sum())
        return -float(rows.loglik.sum()), gradient

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        value, gradient = self(x)
        return value, gradient, self.hessian(x)

    def hessian(self, x: np.ndarray) -> np.ndarray:
        rows, p = self._rows(x), self.p
        inner = self.X.T @ (self.X * rows.weight[:, None])
        if not self.has_dispersion:
            return inner
        out = np.zeros((p + 1, p + 1))
        out[:p, :p] = inner
        out[:p, p] = out[p, :p] = -(self.X.T @ rows.by_dispersion[1])

        def by_dispersion(log_dispersion: np.ndarray) -> tuple[float, np.ndarray]:
            value, gradient = self(np.append(x[:p], log_dispersion))
            return value, gradient[p:]

        out[p:, p:] = difference_hessian(by_dispersion, x[p:], None, 1e-4)
        return out


class GeneralisedFit(GeneralisedMixin, FixedFit):
    """A fitted generalised linear model; its attributes are those of ``GLMMFit``."""

    def __init__(
        self,
        likelihood: _Likelihood,
        found: Minimum,
        X: np.ndarray,
        y: np.ndarray,
        kept: np.ndarray,
        root: np.ndarray,
        names: list[str],
        weights: np.ndarray | None,
        offset: np.ndarray | None,
    ) -> None:
        super().__init__(1.0, X, y, kept, names, weights, offset)
        p = likelihood.p
        self.response = likelihood.response
        self.solution = found.x
        self.loglik, self.df = -found.value, len(found.x)
        inverse_root = np.linalg.inv(root)
        self.beta = inverse_root @ found.x[:p]
        self.dispersion = float(np.exp(found.x[-1])) if likelihood.has_dispersion else None
        hessian = likelihood.hessian(found.x)
        if self.is_dispersion_at_boundary:
            hessian = hessian[:p, :p]
        inverse = np.linalg.inv(hessian)[:p, :p]
        self.vcov_beta = inverse_root @ inverse @ inverse_root.T
        self.n_eval, self.converged = found.n_eval, found.converged
        self.gradient_norm = float(np.abs(found.gradient).max())


def fit_generalised(
    X: np.ndarray,
    y: np.ndarray,
    *,
    family: str,
    link: str | None,
    names: Sequence[str],
    weights: np.ndarray | None = None,
    offset: np.ndarray | None = None,
    at: Solution | None = None,
) -> GeneralisedFit:
    """Fit a generalised linear model by Newton's method on its likelihood.

    A dispersion is estimated by maximum likelihood together with the coefficients, as in the
    mixed models, and not by moments as R's ``glm`` does.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    y : ndarray, shape (n,) or (n, 2)
    family, link : str
        As ``fit_glmm`` takes them.
    names : sequence of str, length p
    weights, offset : ndarray, shape (n,), optional
        Trials or multipliers of the log-likelihood; known part of the linear predictor.
    at : Solution, optional
        Where the optimum of these data is known to be; nothing is searched then.

    Raises
    ------
    DesignError
        There is no column, or the family cannot take the responses.

    Warns
    -----
    RankDeficientWarning, SeparationWarning, ConvergenceWarning
    UserWarning
        Binomial shares times their trials are not whole.
    """
    if X.shape[1] == 0:
        raise DesignError(
            "a generalised model without fixed and random effects has nothing to estimate; add "
            "a term or an intercept"
        )
    names = list(names)
    response = Response(family, link, y, weights)
    columns, kept, root = independent_part(X, None, names)
    orthonormal = np.linalg.solve(root.T, columns.T).T
    base = np.zeros(len(y)) if offset is None else offset
    likelihood = _Likelihood(orthonormal, base, response)
    if at is not None:
        found = at.evaluated(likelihood)
        return GeneralisedFit(likelihood, found, X, y, kept, root, names, weights, offset)
    start = fit_glm(orthonormal, base, response)
    eta = base + orthonormal @ start
    warn_of_separation(columns, eta, response, [names[j] for j in kept])
    if likelihood.has_dispersion:
        mu = response.mean(eta)
        dispersion = response.distribution.start_dispersion(response.y, mu)
        start = np.append(start, np.log(dispersion))
    found = minimize(likelihood, start, curvature=likelihood.curvature, tol=1e-12)
    if not found.converged:
        warn_caller(
            "the optimiser of the generalised linear model stopped with a gradient of "
            f"{np.abs(found.gradient).max():.2g}; rescale the columns",
            ConvergenceWarning,
        )
    return GeneralisedFit(likelihood, found, X, y, kept, root, names, weights, offset)
