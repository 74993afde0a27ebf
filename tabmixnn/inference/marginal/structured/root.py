"""Roots ``L L'`` of the cross-products ``Z'Z`` of random effects' columns.

Only with such a root is what the effects leave computed without a difference of large numbers, and
it may be that of dependent columns: ``G`` is a left inverse where there is one and zero elsewhere.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpstrf, dtrtri

NOTHING = 1e-12
"""Share of a column's square that the other columns leave below which they say the same."""


class DiagonalRoot:
    """Root of one diagonal block.

    Parameters
    ----------
    diagonal : ndarray of shape (q,)
    """

    def __init__(self, diagonal: np.ndarray) -> None:
        self.root = np.sqrt(diagonal)[None, :, None]
        self.inverse = np.divide(
            1.0, self.root, out=np.zeros_like(self.root), where=self.root > 0.0
        )

    def congruence(self, S: np.ndarray) -> np.ndarray:
        """``L'S L``, ``(1, q, q)``."""
        return self.wrap(S[None])

    def wrap(self, Q: np.ndarray) -> np.ndarray:
        """``L Q L'``, ``(1, q, q)``."""
        out = Q * self.root
        out *= self.root[:, :, 0]
        return out

    def spread(self, z: np.ndarray) -> np.ndarray:
        """``L z``, ``(1, q, d)``."""
        return self.root * z

    across = spread

    def onto(self, B: np.ndarray) -> np.ndarray:
        """``G B``, ``(1, q, d)``."""
        return self.inverse * B

    back = onto


class Root:
    """Root of the blocks of ``G`` levels.

    Parameters
    ----------
    A : ndarray of shape (G, q, q)
    """

    def __init__(self, A: np.ndarray) -> None:
        sizes = np.sqrt(np.diagonal(A, axis1=1, axis2=2))
        units = np.where(sizes > 0.0, sizes, 1.0)
        scaled = A / (units[:, :, None] * units[:, None, :])
        L, G = _cholesky(scaled[0]) if len(A) == 1 else _by_eigenvalues(scaled)
        self.L, self.G = L * units[:, :, None], G / units[:, None, :]

    def congruence(self, S: np.ndarray) -> np.ndarray:
        """``L'S L``, ``(G, q, q)``."""
        return self.L.transpose(0, 2, 1) @ (S @ self.L)

    def wrap(self, Q: np.ndarray) -> np.ndarray:
        """``L Q L'``, ``(G, q, q)``."""
        return self.L @ (Q @ self.L.transpose(0, 2, 1))

    def spread(self, z: np.ndarray) -> np.ndarray:
        """``L z``, ``(G, q, d)``."""
        return self.L @ z

    def across(self, T: np.ndarray) -> np.ndarray:
        """``L'T``, ``(G, q, d)``."""
        return self.L.transpose(0, 2, 1) @ T

    def onto(self, B: np.ndarray) -> np.ndarray:
        """``G B``, ``(G, q, d)``."""
        return self.G @ B

    def back(self, z: np.ndarray) -> np.ndarray:
        """``G'z``, ``(G, q, d)``."""
        return self.G.transpose(0, 2, 1) @ z


def root_of(A: np.ndarray) -> Root | DiagonalRoot:
    """Root of ``A (G, q, q)``."""
    if len(A) == 1:
        diagonal = np.diagonal(A[0])
        if not (A[0] - np.diag(diagonal)).any():
            return DiagonalRoot(diagonal)
    return Root(A)


def _by_eigenvalues(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, vectors = np.linalg.eigh(A)
    used = values > NOTHING * A.shape[1]
    roots = np.sqrt(np.where(used, values, 0.0))[:, None, :]
    inverse = np.divide(1.0, roots, out=np.zeros_like(roots), where=roots > 0.0)
    return vectors * roots, (vectors * inverse).transpose(0, 2, 1)


def _cholesky(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """With pivots: the columns that say something first."""
    q = len(A)
    L, G = np.zeros((1, q, q)), np.zeros((1, q, q))
    lower, pivots, rank, _ = dpstrf(A, tol=NOTHING, lower=1)
    order = pivots - 1
    lower = np.tril(lower)[:, :rank]
    L[0, order, :rank] = lower
    G[0, :rank, order[:rank]] = dtrtri(lower[:rank], lower=1)[0].T
    return L, G


def least_squares(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Some ``T (G, q, d)`` with ``A T = B``."""
    root = root_of(A)
    return root.back(root.onto(B))
