"""Adaptive Gauss-Hermite quadrature over the levels of one factor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from .laplace import LaplaceLikelihood
from .mode import Mode
from .response import Response
from .terms import Grouping

Nodes = tuple[np.ndarray, np.ndarray]


class QuadratureLikelihood(LaplaceLikelihood):
    """Minus twice the log-likelihood, with the integral of each level of a factor by quadrature.

    The nodes are centred at the conditional mode and scaled by the curvature there (Pinheiro and
    Bates 1995, section 2.4); one node is the Laplace approximation. The gradient follows the
    nodes as they move with the parameters.

    Of several factors it is the first, that with the most effects, whose levels have few rows each.
    Its integrals are taken with the effects of the others at their mode; what they differ by from
    their own Laplace approximations is added to the joint one. Laplace's error is that of the
    smallest groups, so this is where it comes from.

    Parameters
    ----------
    X, offset, groupings, response
        As for :class:`LaplaceLikelihood`; the first grouping has one column.
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
        self._nodes, self._laplace = _nodes(n_quad), _nodes(1)

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        value, gradient = super().__call__(x)
        _, factors, dispersion = self.unpack(x)
        mode = self.mode(x)
        better = self._integrals(mode, factors, dispersion, self._nodes)
        simple = self._integrals(mode, factors, dispersion, self._laplace)
        by_row = better.by_row - simple.by_row
        # What the integrals owe to the other effects moves with the joint mode.
        random = self.finder.random
        lead, tail = random.transposed(by_row)
        v_lead, v_tail = mode.elimination.spherical(np.zeros_like(lead), tail)
        moved = random.times(factors, v_lead, v_tail)
        through = -mode.rows.weight * moved
        lead, tail = random.transposed(by_row + through)
        s_lead, s_tail = random.transposed(mode.rows.score)
        # Its own scale enters the integrals themselves, and the others by the mode alone.
        by_factor = [random.transposed(through)[0].T @ mode.lead + s_lead.T @ v_lead]
        by_factor[0] = by_factor[0] + (better.by_theta - simple.by_theta)
        for i, grouping in enumerate(self.gram.rest):
            span = self.gram.span(i)
            r, u, s, v = (
                part[span].reshape(-1, grouping.size) for part in (tail, mode.tail, s_tail, v_tail)
            )
            by_factor.append(r.T @ u + s.T @ v)
        gradient[: self.p] -= 2.0 * (self.X.T @ (by_row + through))
        gradient[self.covariance] -= 2.0 * self.parameters.pullback(x[self.covariance], by_factor)
        if self.has_dispersion:
            direct = better.by_dispersion - simple.by_dispersion
            gradient[-1] -= 2.0 * (direct + moved @ mode.rows.by_dispersion[1])
        return value - 2.0 * (better.loglik - simple.loglik), gradient

    def _integrals(
        self, mode: Mode, factors: list[np.ndarray], dispersion: float, nodes: Nodes
    ) -> _Integrals:
        """Return the integrals over the first factor's levels, the other effects at their mode."""
        grouping, theta = self.gram.first, float(factors[0][0, 0])
        codes, z, G = grouping.codes, grouping.Z[:, 0], grouping.n_levels
        centre, at = mode.lead[:, 0], mode.rows
        base = mode.eta - theta * z * centre[codes]

        def sums(rows: np.ndarray) -> np.ndarray:
            return np.bincount(codes, rows, G)

        places, log_weights = nodes
        curvature = sums(at.weight * z * z)
        scale = 1.0 / np.sqrt(1.0 + theta**2 * curvature)
        u = centre[:, None] + scale[:, None] * places
        eta = base[:, None] + theta * z[:, None] * u[codes]
        rows = self.response.rows(eta, dispersion)
        level_loglik = np.stack([sums(column) for column in rows.loglik.T], axis=1)
        terms = log_weights + level_loglik - 0.5 * u * u
        level = logsumexp(terms, axis=1)
        loglik = float((level + np.log(scale)).sum()) - 0.5 * G * np.log(2.0 * np.pi)

        share = np.exp(terms - level[:, None])
        row_share = share[codes]
        score = row_share * rows.score
        slope = np.stack([sums(column * z) for column in rows.score.T], axis=1)
        drift = share * (theta * slope - u)
        # Derivatives of log L in the scale of the nodes (through H) and in their centre.
        by_H = -0.5 * scale**3 * (1.0 / scale + drift @ places)
        cubic = sums(at.weight_slope * z**3)
        by_centre = (drift.sum(axis=1) + by_H * theta**3 * cubic) * scale**2
        direct = by_H[codes] * theta**2 * z * z * at.weight_slope
        by_row = score.sum(axis=1) + direct - by_centre[codes] * theta * z * at.weight
        by_theta = float((z[:, None] * score * u[codes]).sum() + (direct * z) @ centre[codes])
        by_theta += float(2.0 * theta * by_H @ curvature)
        by_theta += float(by_centre @ (sums(z * at.score) - theta * centre * curvature))
        by_dispersion = 0.0
        if self.has_dispersion:
            by_loglik = row_share * rows.by_dispersion[0]
            _, by_score, by_weight = at.by_dispersion
            by_dispersion = float(by_loglik.sum() + theta**2 * by_H @ sums(z * z * by_weight))
            by_dispersion += float(theta * by_centre @ sums(z * by_score))
        return _Integrals(loglik, by_row, by_theta, by_dispersion)


class _Integrals(NamedTuple):
    """Their logarithms' sum, and its derivatives by the rows' predictors and two parameters."""

    loglik: float
    by_row: np.ndarray
    by_theta: float
    by_dispersion: float


def _nodes(count: int) -> Nodes:
    places, weights = np.polynomial.hermite_e.hermegauss(count)
    return places, np.log(weights) + 0.5 * places**2
