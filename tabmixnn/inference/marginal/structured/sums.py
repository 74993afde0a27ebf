"""Where cross-products come from: formed once, or again whenever the residuals' structure moves.

Each source gives ``A``, ``B``, ``C`` of the random-effects columns ``Z`` and the rest ``D`` at the
residual parameters, with the log-determinant of the residual correlation, and takes adjoints back.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from .residual import ResidualRows
from .root import DiagonalRoot, Root, root_of


@dataclass
class CrossProducts:
    """``A (G, q, q)``, ``B (G, q, d)``, ``C (d, d)`` and ``log|R|``."""

    A: np.ndarray
    B: np.ndarray
    C: np.ndarray
    logdet: float = 0.0

    @cached_property
    def root(self) -> Root | DiagonalRoot:
        """Root of ``A``."""
        return root_of(self.A)


class ConstantSums:
    """Cross-products of independent rows."""

    def __init__(self, sums: CrossProducts) -> None:
        self.sums = sums

    def evaluate(self, params: np.ndarray) -> CrossProducts:
        """The same at all parameters, of which there are none."""
        return self.sums

    def gradient(self, params: np.ndarray, bar_A, bar_B, bar_C) -> np.ndarray:
        """Empty."""
        return np.zeros(0)


def level_sums(codes: np.ndarray, n_levels: int, Z: np.ndarray, D: np.ndarray) -> CrossProducts:
    """Cross-products of independent rows by level."""
    q, d = Z.shape[1], D.shape[1]
    A, B = np.empty((n_levels, q, q)), np.empty((n_levels, q, d))
    for k in range(q):
        for m in range(k + 1):
            A[:, k, m] = A[:, m, k] = np.bincount(codes, Z[:, k] * Z[:, m], n_levels)
        for j in range(d):
            B[:, k, j] = np.bincount(codes, Z[:, k] * D[:, j], n_levels)
    return CrossProducts(A, B, D.T @ D)


class NestedResidualSums:
    """Cross-products by level when the residuals' groups nest in the levels.

    Parameters
    ----------
    residual : ResidualStructure
    codes : ndarray of shape (n,)
        Level of each row; all rows of a residual group share theirs.
    n_levels : int
    Z : ndarray of shape (n, q)
    D : ndarray of shape (n, d)
    """

    def __init__(self, residual, codes, n_levels: int, Z: np.ndarray, D: np.ndarray) -> None:
        self.rows = ResidualRows(residual)
        self.n_levels, self.q = n_levels, Z.shape[1]
        columns = np.hstack([Z, D])
        self.parts = [
            (batch, codes[batch.rows[:, 0]], columns[batch.rows]) for batch in self.rows.batches
        ]

    def evaluate(self, params: np.ndarray) -> CrossProducts:
        """Cross-products and ``log|R|`` at the residual parameters."""
        logdet = self.rows.factor(params)
        q, width = self.q, self.parts[0][2].shape[2]
        lead = np.zeros((self.n_levels, q, width))
        C = np.zeros((width - q, width - q))
        self.solved = []
        for batch, level, columns in self.parts:
            P = batch.precision() @ columns
            self.solved.append(P)
            np.add.at(lead, level, columns[:, :, :q].transpose(0, 2, 1) @ P)
            C += np.tensordot(columns[:, :, q:], P[:, :, q:], axes=([0, 1], [0, 1]))
        return CrossProducts(lead[:, :, :q], lead[:, :, q:], C, logdet)

    def gradient(self, params: np.ndarray, bar_A, bar_B, bar_C) -> np.ndarray:
        """Gradient in the residual parameters."""
        q = self.q
        bar = np.empty((self.n_levels, q + len(bar_C), q + len(bar_C)))
        bar[:, :q, :q], bar[:, q:, q:] = bar_A, bar_C
        bar[:, :q, q:] = 0.5 * bar_B
        bar[:, q:, :q] = 0.5 * bar_B.transpose(0, 2, 1)
        known = {
            id(batch): P @ bar[level] @ P.transpose(0, 2, 1)
            for (batch, level, _), P in zip(self.parts, self.solved, strict=True)
        }
        return self.rows.gradient(params, lambda batch: known[id(batch)])


class DenseResidualSums:
    """Cross-products of any random effects under a residual structure, as one dense level.

    Parameters
    ----------
    residual : ResidualStructure
    Z : sparse array of shape (n, m)
    D : ndarray of shape (n, d)
    """

    def __init__(self, residual, Z: sparse.csr_array, D: np.ndarray) -> None:
        self.rows, self.Z, self.D = ResidualRows(residual), Z, D

    def evaluate(self, params: np.ndarray) -> CrossProducts:
        """Cross-products and ``log|R|`` at the residual parameters."""
        logdet = self.rows.factor(params)
        P = self.rows.precision_matrix(len(self.D))
        self.PZ, self.PD = (P @ self.Z).tocsr(), P @ self.D
        A = (self.Z.T @ self.PZ).toarray()
        B = self.Z.T @ self.PD
        return CrossProducts(A[None], B[None], self.D.T @ self.PD, logdet)

    def gradient(self, params: np.ndarray, bar_A, bar_B, bar_C) -> np.ndarray:
        """Gradient in the residual parameters."""

        def spread(batch) -> np.ndarray:
            out = np.empty((*batch.rows.shape, batch.rows.shape[1]))
            for i, rows in enumerate(batch.rows):
                z, d = self.PZ[rows].toarray(), self.PD[rows]
                cross = z @ bar_B[0] @ d.T
                out[i] = z @ bar_A[0] @ z.T + d @ bar_C @ d.T + 0.5 * (cross + cross.T)
            return out

        return self.rows.gradient(params, spread)
