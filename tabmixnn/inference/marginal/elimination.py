"""Block Cholesky elimination of the random effects.

Factorises ``H = Lambda' Z'WZ Lambda + I`` (Bates et al. 2015, eq. 18): the blocks of the largest
factor in one batch, then the dense Schur complement of all other factors. Everything is written
so that a singular ``Lambda`` is an ordinary point.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dpotrf, dpotri

from .gram import RandomGram
from .profiled import CriterionError
from .smallblocks import inverse_and_logdet


def _mirror(upper: np.ndarray) -> np.ndarray:
    """Symmetric matrix from its upper triangle."""
    out = np.triu(upper)
    return out + np.triu(out, 1).T


class Elimination:
    """The factorisation at one relative covariance factor.

    Parameters
    ----------
    gram : RandomGram
    factors : list of ndarray of shape (q, q)
        One per grouping, in the order of the gram.

    Attributes
    ----------
    logdet : float
        ``log|H|``.
    M : ndarray of shape (G, q, q)
        ``T (T'A_gT + I)^-1 T'`` of the first factor.
    tail_M : ndarray of shape (m, m)
        The same for the remainder after elimination.
    """

    def __init__(self, gram: RandomGram, factors: list[np.ndarray]) -> None:
        self.gram, self.factors = gram, factors
        T = factors[0]
        H = T.T @ gram.A @ T
        diagonal = np.arange(len(T))
        H[:, diagonal, diagonal] += 1.0
        inverse, logdets = inverse_and_logdet(H)
        self.Q = inverse @ T.T
        self.M = T @ self.Q
        self.logdet = float(logdets.sum())
        if gram.m:
            self._factor_tail()

    def _scale(self, X: np.ndarray, transpose: bool = False) -> np.ndarray:
        """``Lambda' X`` over the rows of the remainder (``Lambda X`` if ``transpose``)."""
        out = np.empty_like(X)
        for i, T in enumerate(self.factors[1:]):
            span = slice(self.gram.offsets[i], self.gram.offsets[i + 1])
            if len(T) == 1:
                np.multiply(X[span], T[0, 0], out=out[span])
            else:
                side = T if transpose else T.T
                part = X[span].reshape(-1, len(T), X.shape[1])
                out[span] = np.matmul(side, part).reshape(-1, X.shape[1])
        return out

    def _factor_tail(self) -> None:
        gram = self.gram
        self.schur = gram.tail - _mirror(gram.coupling.schur(self.M))
        H = self._scale(self._scale(self.schur).T)
        H.flat[:: gram.m + 1] += 1.0
        chol, fail = dpotrf(H.T, lower=1, overwrite_a=1)
        if fail:
            raise CriterionError("the Schur complement is not positive definite")
        self.logdet += 2.0 * float(np.log(np.diagonal(chol)).sum())
        # LAPACK fills the lower triangle of a column-major array: the upper one of its transpose.
        self.H_inverse = _mirror(dpotri(chol, lower=1, overwrite_c=1)[0].T)
        self.half = self._scale(self.H_inverse, transpose=True)
        self.tail_M = self._scale(self.half.T, transpose=True)

    def solve(self, B: np.ndarray, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``Lambda H^-1 Lambda'`` times a right-hand side.

        Parameters
        ----------
        B : ndarray of shape (G, q, d)
        R : ndarray of shape (m, d)

        Returns
        -------
        tuple of ndarray
            Parts of the solution with the shapes of ``B`` and ``R``.
        """
        lead = np.matmul(self.M, B)
        if not self.gram.m:
            return lead, R
        d = B.shape[2]
        tail = self.tail_M @ (R - self.gram.cross.T @ lead.reshape(-1, d))
        lead = lead - np.matmul(self.M, (self.gram.cross @ tail).reshape(B.shape))
        return lead, tail

    def spherical(self, lead: np.ndarray, tail: np.ndarray, B, R):
        """``H^-1 Lambda'`` times the right-hand side whose :meth:`solve` is ``(lead, tail)``."""
        inner_lead, inner_tail = self.residual(lead, tail, B, R)
        T = self.factors[0]
        return np.matmul(T.T, inner_lead), self._scale(inner_tail)

    def residual(self, lead: np.ndarray, tail: np.ndarray, B, R):
        """Right-hand side less ``Z'WZ`` times the solution."""
        d = B.shape[2]
        first = B - np.matmul(self.gram.A, lead)
        if not self.gram.m:
            return first, R
        first = first - (self.gram.cross @ tail).reshape(B.shape)
        second = R - self.gram.cross.T @ lead.reshape(-1, d) - self.gram.tail @ tail
        return first, second

    def lead_gradient(self, bar_M: np.ndarray) -> np.ndarray:
        """``d/dT`` of ``log|H_first| + tr(bar_M' M)`` for the first factor."""
        inner = bar_M - self.gram.A @ self.M @ bar_M + self.gram.A
        return 2.0 * np.tensordot(inner, self.Q, axes=([0, 2], [0, 2]))

    def tail_gradient(self, i: int) -> np.ndarray:
        """``d log|H_rest| / dT`` of remaining factor ``i``."""
        q = len(self.factors[i + 1])
        start, stop = self.gram.offsets[i], self.gram.offsets[i + 1]
        out = np.empty((q, q))
        for k in range(q):
            left = self.schur[start + k : stop : q]
            for m in range(q):
                right = self.half[:, start + m : stop : q]
                out[k, m] = 2.0 * np.einsum("rj,jr->", left, right)
        return out

    def logdet_gradients(self) -> list[np.ndarray]:
        """``d log|H| / dT`` of every factor."""
        if not self.gram.m:
            return [self.lead_gradient(np.zeros_like(self.M))]
        lead = self.lead_gradient(-self.gram.coupling.adjoint(self.tail_M))
        return [lead, *(self.tail_gradient(i) for i in range(len(self.gram.rest)))]

    def leverages(self) -> np.ndarray:
        """``d log|H| / d w`` for each row: ``z_i' Lambda H^-1 Lambda' z_i``, ``(n,)``."""
        if not self.gram.m:
            return self.gram.rows_of(self.M, np.zeros(0), np.zeros((0, 0)))
        coupling = self.gram.coupling
        inner = coupling.adjoint(self.tail_M)
        bar_A = self.M + self.M @ inner @ self.M
        bar_entries = -coupling.entry_adjoint(self.tail_M, self.M)
        return self.gram.rows_of(bar_A, bar_entries, self.tail_M)
