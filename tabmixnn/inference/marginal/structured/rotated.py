"""A known relationship between levels: one eigen-rotation leaves an ordinary scalar term."""

from __future__ import annotations

import numpy as np

from .nested import NestedCore
from .root import least_squares
from .sums import ConstantSums, CrossProducts
from .terms import StructuredTerm


class RotatedCore(NestedCore):
    """Likelihood of one scalar term whose levels have a known covariance ``K``.

    With ``K = F F'`` and ``F'Z'Z F = Q diag(a) Q'`` the effects ``u = F Q v`` have independent
    ``v``, each in its own equation, so an evaluation costs ``O(G d)`` after the two
    eigen-decompositions.

    Parameters
    ----------
    term : StructuredTerm
    D : ndarray of shape (n, d)
    """

    def __init__(self, term: StructuredTerm, D: np.ndarray) -> None:
        K = term.level_matrix(np.zeros(0))
        roots, vectors = np.linalg.eigh(K)
        used = roots > 1e-12 * roots[-1]
        F = vectors[:, used] * np.sqrt(roots[used])
        Z = term.columns()
        counts = np.bincount(term.codes, term.Z[:, 0] ** 2, term.n_levels)
        _, Q = np.linalg.eigh(F.T @ (counts[:, None] * F))
        self.back = F @ Q
        # Small ones are told better by what the rotation gives than by eigenvalues beside large.
        a = counts @ self.back**2
        A = np.where(a > 1e-12 * a.max(), a, 0.0)[:, None, None]
        taken = least_squares(A, (self.back.T @ (Z.T @ D))[:, None, :])
        R = D - Z @ (self.back @ taken[:, 0])
        B = self.back.T @ (Z.T @ R)
        super().__init__([term], ConstantSums(CrossProducts(A, B[:, None, :], R.T @ R)), 0, taken)
        self.whole = term

    def modes(self, x: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
        """Working conditional modes, ``(G, 1)``."""
        return [self.back @ super().modes(x, weights)[0]]

    def joint_variance(self, x: np.ndarray, position: int) -> np.ndarray:
        """Conditional covariance over ``sigma^2`` of all effects, ``(G, G)``."""
        return (self.back * self.stage.M[:, 0, 0]) @ self.back.T

    def variances(self, x: np.ndarray) -> list[np.ndarray]:
        """Conditional variances over ``sigma^2``, ``(G, 1, 1)``."""
        return [np.diagonal(self.joint_variance(x, 0))[:, None, None]]
