"""Block Cholesky elimination of the random effects.

Factorises ``H = Lambda' Z'WZ Lambda + I`` (Bates et al. 2015, eq. 18): the blocks of the largest
factor in one batch, then the dense Schur complement of all other factors. Everything is written
so that a singular ``Lambda`` is an ordinary point.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from .blocklayout import BlockFactor
from .gram import RandomGram
from .smallblocks import inverse_and_logdet


class Elimination:
    """The factorisation at one relative covariance factor.

    Matrices of the remainder hold their upper triangle only, unless a name says ``full``.

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
    """

    def __init__(self, gram: RandomGram, factors: list[np.ndarray]) -> None:
        self.gram, self.factors = gram, factors
        T = factors[0]
        AT = gram.A.reshape(-1, len(T)) @ T
        H = np.matmul(T.T, AT.reshape(gram.A.shape))
        diagonal = np.arange(len(T))
        H[:, diagonal, diagonal] += 1.0
        inverse, logdets = inverse_and_logdet(H)
        self.half_lead = (inverse.reshape(-1, len(T)) @ T.T).reshape(H.shape)
        self.M = np.matmul(T, self.half_lead)
        self.logdet = float(logdets.sum())
        if gram.m:
            self._factor_tail()

    def scale_tail(self, X: np.ndarray, transpose: bool = True) -> np.ndarray:
        """``Lambda' X`` over the rows of the remainder, or ``Lambda X``."""
        out = np.empty_like(X)
        for i, T in enumerate(self.factors[1:]):
            span = self.gram.span(i)
            if len(T) == 1:
                np.multiply(X[span], T[0, 0], out=out[span])
            else:
                part = X[span].reshape(-1, len(T), X.shape[1])
                side = T.T if transpose else T
                out[span] = np.matmul(side, part).reshape(-1, X.shape[1])
        return out

    @cached_property
    def _tail_sd(self) -> np.ndarray | None:
        """Diagonal of ``Lambda`` over the remainder when it has nothing else."""
        if any(len(T) > 1 for T in self.factors[1:]):
            return None
        widths = np.diff(self.gram.offsets)
        return np.repeat([T[0, 0] for T in self.factors[1:]], widths)

    def _sandwich(self, upper: np.ndarray, transpose: bool) -> np.ndarray:
        """``Lambda' X Lambda`` (or ``Lambda X Lambda'``) of a symmetric matrix, upper triangle."""
        layout = self.gram.layout
        if self._tail_sd is not None:
            return layout.scaled(upper, self._tail_sd)
        out = layout.mirror(upper)
        for view, columns in layout.views(out):
            half = self._scale_view(view, columns, transpose)
            view[:] = self._scale_view(half.transpose(0, 2, 1).copy(), columns, transpose)
        return out

    def _scale_view(self, view: np.ndarray, columns: np.ndarray, transpose: bool) -> np.ndarray:
        """``Lambda' X`` (or ``Lambda X``) for the blocks of one view of the layout."""
        rows = np.zeros((self.gram.m + 1, view.shape[2]))
        rows[columns] = view
        return self.gram.layout.rows(self.scale_tail(rows[:-1], transpose), columns)

    def _factor_tail(self) -> None:
        gram = self.gram
        self.schur = gram.tail - gram.coupling.schur(self.M)
        H = self._sandwich(self.schur, transpose=True)
        H[gram.layout.diagonal] += 1.0
        self._tail_factor = BlockFactor(gram.layout, H)
        self.logdet += self._tail_factor.logdet

    @cached_property
    def H_inverse(self) -> np.ndarray:
        """Inverse of the remainder's block of ``H``, upper triangle in the layout."""
        return self._tail_factor.inverse()

    @cached_property
    def tail_M(self) -> np.ndarray:
        """``Lambda H^-1 Lambda'`` of the remainder, upper triangle in the layout."""
        return self._sandwich(self.H_inverse, transpose=False)

    @cached_property
    def full_tail_M(self) -> np.ndarray:
        """``Lambda H^-1 Lambda'`` of the remainder, both triangles in the layout."""
        return self.gram.layout.mirror(self.tail_M)

    def solve_tail(self, R: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``H^-1 Lambda' R`` and ``Lambda H^-1 Lambda' R`` for the remainder, ``(m, d)`` each."""
        spherical = self._tail_factor.solve(self.scale_tail(R))
        return spherical, self.scale_tail(spherical, transpose=False)

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
        tail = self.solve_tail(R - self.gram.cross_t @ lead.reshape(-1, d))[1]
        lead = lead - np.matmul(self.M, (self.gram.cross @ tail).reshape(B.shape))
        return lead, tail

    def spherical(self, lead: np.ndarray, tail: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``H^-1 Lambda'`` times one right-hand side, parts ``(G, q)`` and ``(m,)``."""
        if self.gram.m:
            carried = (self.M @ lead[:, :, None]).reshape(-1, 1)
            tail, effects = self.solve_tail(tail[:, None] - self.gram.cross_t @ carried)
            lead = lead - (self.gram.cross @ effects).reshape(lead.shape)
            tail = tail[:, 0]
        return (self.half_lead @ lead[:, :, None])[:, :, 0], tail

    def lead_gradient(self, bar_M: np.ndarray | None) -> np.ndarray:
        """``d/dT`` of ``log|H_first| + tr(bar_M' M)`` for the first factor."""
        inner = self.gram.A
        if bar_M is not None:
            inner = inner + bar_M - np.matmul(self.gram.A, np.matmul(self.M, bar_M))
        return 2.0 * np.tensordot(inner, self.half_lead, axes=([0, 2], [0, 2]))

    def tail_gradient(self, i: int) -> np.ndarray:
        """``d log|H_rest| / dT`` of remaining factor ``i``: ``2 S Lambda H^-1`` by levels."""
        T, layout = self.factors[i + 1], self.gram.layout
        q, count = len(T), self.gram.rest[i].n_levels
        places = self.gram.offsets[i] + q * np.arange(count)
        total = np.empty((q, q))
        if (np.diagonal(T) != 0.0).all():
            # Lambda' S Lambda H^-1 = I - H^-1 makes S itself unnecessary.
            for k in range(q):
                for m in range(k, q):
                    total[k, m] = self.H_inverse[layout.index(places + k, places + m)].sum()
                    total[m, k] = total[k, m]
            return 2.0 * np.linalg.solve(T.T, count * np.eye(q) - total)
        product = self._schur_half
        for k in range(q):
            for m in range(q):
                total[k, m] = product[layout.index(places + k, places + m)].sum()
        return 2.0 * total

    @cached_property
    def _schur_half(self) -> np.ndarray:
        """``S Lambda H^-1`` of the remainder, in the layout."""
        layout = self.gram.layout
        schur, inverse = layout.mirror(self.schur), layout.mirror(self.H_inverse)
        out = np.empty(layout.size)
        for (view, columns), (left, _), (right, _) in zip(
            layout.views(out), layout.views(schur), layout.views(inverse), strict=True
        ):
            np.matmul(left, self._scale_view(right, columns, transpose=False), out=view)
        return out

    def logdet_gradients(self) -> list[np.ndarray]:
        """``d log|H| / dT`` of every factor."""
        if not self.gram.m:
            return [self.lead_gradient(None)]
        lead = self.lead_gradient(-self.gram.coupling.adjoint(self.tail_M))
        return [lead, *(self.tail_gradient(i) for i in range(len(self.gram.rest)))]

    def diagonal_blocks(self) -> list[np.ndarray]:
        """Blocks of ``Lambda H^-1 Lambda'`` of every level of every factor, ``(G, q, q)`` each."""
        if not self.gram.m:
            return [self.M]
        inner = self.gram.coupling.adjoint(self.tail_M)
        out = [self.M + self.M @ inner @ self.M]
        for i, grouping in enumerate(self.gram.rest):
            q = grouping.size
            places = self.gram.offsets[i] + q * np.arange(grouping.n_levels)
            rows = places[:, None, None] + np.arange(q)[:, None]
            cols = places[:, None, None] + np.arange(q)
            out.append(self.full_tail_M[self.gram.layout.index(rows, cols)])
        return out

    def leverages(self) -> np.ndarray:
        """``d log|H| / d w`` for each row: ``z_i' Lambda H^-1 Lambda' z_i``, ``(n,)``."""
        if not self.gram.m:
            return self.gram.rows_of(self.M, np.zeros(0), np.zeros(0))
        bar_entries = -self.gram.coupling.entry_adjoint(self.full_tail_M, self.M)
        return self.gram.rows_of(self.diagonal_blocks()[0], bar_entries, self.full_tail_M)
