"""The criterion of a model with several grouping factors, nested or crossed."""

from __future__ import annotations

import numpy as np

from .elimination import Elimination
from .gram import RandomGram
from .profiled import Profiled, profile_fixed
from .single import level_cross
from .terms import Grouping


class CrossedGroupings:
    """Profiled deviance and its gradient for any number of grouping factors.

    Parameters
    ----------
    groupings : list of Grouping
        The factor to eliminate in batches first.
    D : ndarray of shape (n, p + 1)
        Weighted ``[X, y]``.
    """

    def __init__(self, groupings: list[Grouping], D: np.ndarray) -> None:
        self.groupings = groupings
        self.gram = RandomGram(groupings)
        self.C = D.T @ D
        self.B = level_cross(groupings[0], D)
        d = D.shape[1]
        self.R = np.concatenate([level_cross(g, D).reshape(-1, d) for g in groupings[1:]])

    def evaluate(
        self, factors: list[np.ndarray], n_resid: int, reml: bool, sigma: float | None = None
    ) -> tuple[float, list[np.ndarray], Profiled]:
        """Criterion, its gradient with respect to the factors, and the profiled part."""
        gram, B, d = self.gram, self.B, len(self.C)
        elimination = Elimination(gram, factors)
        MB = np.matmul(elimination.M, B)
        rest = self.R - gram.cross.T @ MB.reshape(-1, d)
        tail = elimination.tail_M @ rest
        S = self.C - B.reshape(-1, d).T @ MB.reshape(-1, d) - rest.T @ tail
        profiled = profile_fixed(S, n_resid, reml, sigma)
        E = profiled.adjoint
        tail_E = tail @ E
        bar_M = -gram.coupling.adjoint(elimination.tail_M + tail_E @ tail.T)
        side = np.matmul((gram.cross @ tail_E).reshape(B.shape), B.transpose(0, 2, 1))
        bar_M += side + side.transpose(0, 2, 1)
        bar_M -= np.matmul(B @ E, B.transpose(0, 2, 1))
        gradients = [elimination.lead_gradient(bar_M)]
        residual = rest - elimination.schur @ tail
        spherical = elimination.H_inverse @ elimination._scale(rest)
        weighted = residual @ E
        for i, grouping in enumerate(gram.rest):
            span = slice(gram.offsets[i], gram.offsets[i + 1])
            left = weighted[span].reshape(-1, grouping.size, d)
            right = spherical[span].reshape(-1, grouping.size, d)
            change = np.tensordot(left, right, axes=([0, 2], [0, 2]))
            gradients.append(elimination.tail_gradient(i) - 2.0 * change)
        return elimination.logdet + profiled.value, gradients, profiled

    def conditional_modes(self, factors: list[np.ndarray], profiled: Profiled) -> list[np.ndarray]:
        """Working conditional modes ``b``, one ``(G, q)`` array per grouping."""
        weights = np.append(-profiled.gamma, 1.0)
        lead, tail = Elimination(self.gram, factors).solve(
            (self.B @ weights)[:, :, None], (self.R @ weights)[:, None]
        )
        out = [lead[:, :, 0]]
        for i, grouping in enumerate(self.gram.rest):
            span = slice(self.gram.offsets[i], self.gram.offsets[i + 1])
            out.append(tail[span, 0].reshape(-1, grouping.size))
        return out
