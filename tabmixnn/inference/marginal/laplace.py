"""The Laplace approximation of a generalised mixed model and its exact gradient."""

from __future__ import annotations

import numpy as np

from .gram import RandomGram
from .minimize import difference_hessian
from .mode import Mode, ModeFinder
from .parameters import Parameters
from .response import Response
from .terms import Grouping


class LaplaceLikelihood:
    """Minus twice the Laplace log-likelihood of all parameters jointly.

    ``-2 log L = -2 l(eta) + u'u + log|H|`` at the conditional mode (Bates et al. 2015, eq. 77 of
    the package's theory). The mode moves with the parameters; its derivative comes from the
    implicit function theorem, so the gradient is that of the whole expression.

    The parameters are the coefficients of the orthonormal columns, the working covariance
    parameters and, where the family has one, the logarithm of the dispersion.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Orthonormal columns.
    offset : ndarray of shape (n,)
    groupings : list of Grouping
    response : Response
    """

    def __init__(
        self, X: np.ndarray, offset: np.ndarray, groupings: list[Grouping], response: Response
    ) -> None:
        self.X, self.offset, self.response = X, offset, response
        self.parameters = Parameters(groupings)
        self.gram = RandomGram(groupings)
        self.finder = ModeFinder(self.gram, response)
        self.p = X.shape[1]
        self.covariance = slice(self.p, self.p + self.parameters.n_params)
        self.scales = self.p + self.parameters.scales
        self.has_dispersion = response.distribution.has_dispersion
        self.n_params = self.covariance.stop + int(self.has_dispersion)
        self.n_eval = 0

    def unpack(self, x: np.ndarray) -> tuple[np.ndarray, list[np.ndarray], float]:
        """Fixed part of the predictor, working factors and dispersion."""
        base = self.offset + self.X @ x[: self.p]
        dispersion = float(np.exp(x[-1])) if self.has_dispersion else 1.0
        return base, self.parameters.factors(x[self.covariance]), dispersion

    def mode(self, x: np.ndarray) -> Mode:
        """Conditional mode at the parameters."""
        return self.finder.find(*self.unpack(x))

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        self.n_eval += 1
        base, factors, dispersion = self.unpack(x)
        mode = self.finder.find(base, factors, dispersion)
        rows, elimination, random = mode.rows, mode.elimination, self.finder.random
        penalty = float(np.vdot(mode.lead, mode.lead) + mode.tail @ mode.tail)
        value = -2.0 * float(rows.loglik.sum()) + penalty + elimination.logdet
        leverage = elimination.leverages()
        # How log|H| changes with each row's predictor, and what that does through the mode.
        pull = leverage * rows.weight_slope
        v_lead, v_tail = elimination.spherical(*random.transposed(pull))
        moved = random.times(factors, v_lead, v_tail)
        residual = -2.0 * rows.score + pull - rows.weight * moved
        gradient = np.empty(self.n_params)
        gradient[: self.p] = self.X.T @ residual
        r_lead, r_tail = random.transposed(residual)
        s_lead, s_tail = random.transposed(rows.score)
        by_factor = elimination.logdet_gradients()
        by_factor[0] = by_factor[0] + r_lead.T @ mode.lead + s_lead.T @ v_lead
        for i, grouping in enumerate(self.gram.rest):
            span = self.gram.span(i)
            r, u, s, v = (
                part[span].reshape(-1, grouping.size)
                for part in (r_tail, mode.tail, s_tail, v_tail)
            )
            by_factor[i + 1] = by_factor[i + 1] + r.T @ u + s.T @ v
        gradient[self.covariance] = self.parameters.pullback(x[self.covariance], by_factor)
        if self.has_dispersion:
            by_loglik, by_score, by_weight = rows.by_dispersion
            gradient[-1] = -2.0 * by_loglik.sum() + leverage @ by_weight + moved @ by_score
        return value, gradient

    def curvature(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """Value, gradient and a Hessian to start from.

        The coefficients' block is that of the working linear model; rows of the few remaining
        parameters are differences of the gradient.
        """
        value, gradient = self(x)
        rest = np.arange(self.p, self.n_params)
        hessian = np.zeros((self.n_params, self.n_params))
        hessian[: self.p, : self.p] = 2.0 * self._coefficient_information(self.mode(x))

        def moved(part: np.ndarray) -> tuple[float, np.ndarray]:
            whole = x.copy()
            whole[rest] = part
            value, gradient = self(whole)
            return value, gradient[rest]

        hessian[np.ix_(rest, rest)] = difference_hessian(moved, x[rest], gradient[rest], 1e-4)
        return value, gradient, hessian

    def _coefficient_information(self, mode: Mode) -> np.ndarray:
        """``X'V^-1 X`` of the working linear model, ``(p, p)``."""
        weighted = self.X * mode.rows.weight[:, None]
        out = self.X.T @ weighted
        for j in range(self.p):
            spherical = mode.elimination.spherical(*self.finder.random.transposed(weighted[:, j]))
            moved = self.finder.random.times(mode.elimination.factors, *spherical)
            out[:, j] -= weighted.T @ moved
        return 0.5 * (out + out.T)
