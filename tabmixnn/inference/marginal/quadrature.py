"""Adaptive Gauss-Hermite quadrature for one scalar random effect."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from .laplace import LaplaceLikelihood
from .response import Response
from .terms import Grouping


class QuadratureLikelihood(LaplaceLikelihood):
    """Minus twice the log-likelihood with each level's integral by quadrature.

    The nodes are centred at the conditional mode and scaled by the curvature there (Pinheiro and
    Bates 1995, section 2.4); one node is the Laplace approximation. The gradient follows the
    nodes as they move with the parameters.

    Parameters
    ----------
    X, offset, groupings, response
        As for :class:`LaplaceLikelihood`, with one grouping of one column.
    n_quad : int
        Number of nodes.
    """

    def __init__(
        self,
        X: np.ndarray,
        offset: np.ndarray,
        groupings: list[Grouping],
        response: Response,
        n_quad: int,
    ) -> None:
        super().__init__(X, offset, groupings, response)
        self.nodes, weights = np.polynomial.hermite_e.hermegauss(n_quad)
        self.log_weights = np.log(weights) + 0.5 * self.nodes**2

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        self.n_eval += 1
        base, factors, dispersion = self.unpack(x)
        mode = self.finder.find(base, factors, dispersion)
        grouping, theta = self.gram.first, float(factors[0][0, 0])
        codes, z, G = grouping.codes, grouping.Z[:, 0], grouping.n_levels
        centre, at = mode.lead[:, 0], mode.rows

        def sums(rows: np.ndarray) -> np.ndarray:
            return np.bincount(codes, rows, G)

        curvature = sums(at.weight * z * z)
        scale = 1.0 / np.sqrt(1.0 + theta**2 * curvature)
        u = centre[:, None] + scale[:, None] * self.nodes
        eta = base[:, None] + theta * z[:, None] * u[codes]
        rows = self.response.rows(eta, dispersion)
        level_loglik = np.stack([sums(column) for column in rows.loglik.T], axis=1)
        terms = self.log_weights + level_loglik - 0.5 * u * u
        level = logsumexp(terms, axis=1)
        value = -2.0 * float((level + np.log(scale)).sum()) + G * np.log(2.0 * np.pi)

        share = np.exp(terms - level[:, None])
        row_share = share[codes]
        score = row_share * rows.score
        slope = np.stack([sums(column * z) for column in rows.score.T], axis=1)
        drift = share * (theta * slope - u)
        # Derivatives of log L in the scale of the nodes (through H) and in their centre.
        by_H = -0.5 * scale**3 * (1.0 / scale + drift @ self.nodes)
        cubic = sums(at.weight_slope * z**3)
        by_centre = (drift.sum(axis=1) + by_H * theta**3 * cubic) * scale**2
        direct = by_H[codes] * theta**2 * z * z * at.weight_slope
        residual = score.sum(axis=1) + direct - by_centre[codes] * theta * z * at.weight
        gradient = np.empty(self.n_params)
        gradient[: self.p] = self.X.T @ residual
        by_theta = float((z[:, None] * score * u[codes]).sum() + (direct * z) @ centre[codes])
        by_theta += float(2.0 * theta * by_H @ curvature)
        by_theta += float(by_centre @ (sums(z * at.score) - theta * centre * curvature))
        pulled = self.parameters.pullback(x[self.covariance], [np.array([[by_theta]])])
        gradient[self.covariance] = pulled
        if self.has_dispersion:
            by_loglik = row_share * rows.by_dispersion[0]
            _, by_score, by_weight = at.by_dispersion
            by_size = by_loglik.sum() + theta**2 * by_H @ sums(z * z * by_weight)
            gradient[-1] = by_size + theta * by_centre @ sums(z * by_score)
        return value, -2.0 * gradient
