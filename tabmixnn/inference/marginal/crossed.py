"""The criterion of a model with several grouping factors, nested or crossed."""

from __future__ import annotations

import numpy as np

from .elimination import Elimination
from .fixed import FixedBasis
from .gram import RandomGram
from .information import average_information, direction_effects
from .profiled import Profiled, profile_fixed
from .terms import Grouping


class CrossedGroupings:
    """Profiled deviance and its gradient for any number of grouping factors.

    Parameters
    ----------
    groupings : list of Grouping
        The factor to eliminate in batches first.
    fixed : FixedBasis
        Weighted ``[X, y]`` of its rows.
    """

    def __init__(self, groupings: list[Grouping], fixed: FixedBasis) -> None:
        self.groupings = groupings
        self.gram = RandomGram(groupings)
        self.A = self.gram.A
        self.C = fixed.gram
        self.B = groupings[0].cross(fixed.D)
        d = len(self.C)
        self.R = np.concatenate([g.cross(fixed.D).reshape(-1, d) for g in groupings[1:]])

    def evaluate(
        self,
        factors: list[np.ndarray],
        n_resid: int,
        reml: bool,
        sigma: float | None = None,
        directions: list[np.ndarray] | None = None,
    ) -> tuple[float, list[np.ndarray], Profiled]:
        """Criterion, its gradient with respect to the factors, and the profiled part.

        Parameters
        ----------
        factors : list of ndarray of shape (q, q)
        n_resid : int
        reml : bool
        sigma : float, optional
        directions : list of ndarray of shape (k, q, q), optional
            Derivatives of each factor; the average information of these directions is then left
            in ``profiled.information``.
        """
        gram, B, d = self.gram, self.B, len(self.C)
        flat = B.reshape(-1, d)
        elimination = Elimination(gram, factors)
        MB = np.matmul(elimination.M, B)
        rest = self.R - gram.cross_t @ MB.reshape(-1, d)
        spherical, tail = elimination.solve_tail(rest)
        S = self.C - flat.T @ MB.reshape(-1, d) - rest.T @ tail
        profiled = profile_fixed(S, n_resid, reml, sigma)
        E = profiled.adjoint
        tail_E = tail @ E
        cross_tail = (gram.cross @ tail).reshape(B.shape)
        bar_M = -gram.coupling.adjoint(elimination.tail_M + gram.layout.outer(tail_E, tail))
        # B E B' with the contribution of the remainder's part of the solution completed.
        side = ((cross_tail - B).reshape(-1, d) @ E).reshape(B.shape)
        side = np.matmul(side, B.transpose(0, 2, 1))
        overlap = np.matmul((cross_tail.reshape(-1, d) @ E).reshape(B.shape), B.transpose(0, 2, 1))
        bar_M += side + overlap.transpose(0, 2, 1)
        gradients = [elimination.lead_gradient(bar_M)]
        for i, grouping in enumerate(gram.rest):
            span = gram.span(i)
            left = (self._tail_residual(elimination, rest, spherical, tail, i) @ E).reshape(
                -1, grouping.size, d
            )
            right = spherical[span].reshape(-1, grouping.size, d)
            change = np.tensordot(left, right, axes=([0, 2], [0, 2]))
            gradients.append(elimination.tail_gradient(i) - 2.0 * change)
        if directions is not None:
            residuals = [B - cross_tail]
            residuals[0] = residuals[0] - np.matmul(gram.A, np.matmul(elimination.M, residuals[0]))
            residuals += [
                self._tail_residual(elimination, rest, spherical, tail, i).reshape(-1, g.size, d)
                for i, g in enumerate(gram.rest)
            ]
            profiled.information = self._information(elimination, residuals, directions, profiled)
        return elimination.logdet + profiled.value, gradients, profiled

    def _tail_residual(self, elimination, rest, spherical, tail, i: int) -> np.ndarray:
        """``Z_i' V^-1 D`` of remaining factor ``i``, ``(G q, d)``."""
        span, T = self.gram.span(i), elimination.factors[i + 1]
        if (np.diagonal(T) != 0.0).all():
            if len(T) == 1:
                return spherical[span] / T[0, 0]
            part = spherical[span].reshape(-1, len(T), spherical.shape[1])
            return np.matmul(np.linalg.inv(T).T, part).reshape(-1, spherical.shape[1])
        layout = self.gram.layout
        return (rest - layout.times(layout.mirror(elimination.schur), tail))[span]

    def _information(
        self,
        elimination: Elimination,
        residuals: list[np.ndarray],
        directions: list[np.ndarray],
        profiled: Profiled,
    ) -> np.ndarray:
        """Average information ``(k, k)``, see :func:`average_information`."""
        gram = self.gram
        weights = np.append(-profiled.gamma, 1.0)
        k = sum(len(D) for D in directions)
        parts, scores, start = [], np.zeros(k), 0
        for residual, T, D in zip(residuals, elimination.factors, directions, strict=True):
            r = residual @ weights
            part = np.zeros((*r.shape, k))
            part[:, :, start : start + len(D)] = direction_effects(T, D, r)
            scores += np.einsum("gk,gka->a", r, part)
            parts.append(part)
            start += len(D)
        lead = parts[0]
        tail = np.concatenate([p.reshape(-1, k) for p in parts[1:]])
        h_lead = np.matmul(gram.A, lead) + (gram.cross @ tail).reshape(lead.shape)
        h_tail = gram.cross_t @ lead.reshape(-1, k) + gram.layout.times(gram.tail, tail)
        s_lead, s_tail = elimination.solve(h_lead, h_tail)
        rest_lead = (lead - s_lead).reshape(-1, k)
        rest_tail = tail - s_tail
        inner = h_lead.reshape(-1, k).T @ rest_lead + h_tail.T @ rest_tail
        by_x = self.B[:, :, :-1].reshape(len(rest_lead), len(self.C) - 1).T @ rest_lead
        by_x += self.R[:, :-1].T @ rest_tail
        return average_information(inner, by_x, scores, profiled)

    def moments(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Diagonal of ``Z'WZ`` and ``Z'Wr`` of every level, ``(G, q)`` each, by grouping."""
        out = [(np.diagonal(self.gram.A, axis1=1, axis2=2), self.B[:, :, -1])]
        places = np.arange(self.gram.m)
        diagonal = self.gram.tail[self.gram.layout.index(places, places)]
        for i, grouping in enumerate(self.gram.rest):
            span, shape = self.gram.span(i), (-1, grouping.size)
            out.append((diagonal[span].reshape(shape), self.R[span, -1].reshape(shape)))
        return out

    def conditional_modes(self, factors: list[np.ndarray], profiled: Profiled) -> list[np.ndarray]:
        """Working conditional modes ``b``, one ``(G, q)`` array per grouping."""
        weights = np.append(-profiled.gamma, 1.0)
        lead, tail = Elimination(self.gram, factors).solve(
            (self.B @ weights)[:, :, None], (self.R @ weights)[:, None]
        )
        out = [lead[:, :, 0]]
        for i, grouping in enumerate(self.gram.rest):
            out.append(tail[self.gram.span(i), 0].reshape(-1, grouping.size))
        return out

    def conditional_variances(self, factors: list[np.ndarray]) -> list[np.ndarray]:
        """Conditional covariances over ``sigma^2``, one ``(G, q, q)`` array per grouping."""
        return Elimination(self.gram, factors).diagonal_blocks()
