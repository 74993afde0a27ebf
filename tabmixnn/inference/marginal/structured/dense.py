"""Any terms at all: an unstructured factor in batches first, the rest as one dense block."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.linalg import block_diag

from .root import least_squares
from .stage import Stage
from .sums import ConstantSums, CrossProducts, DenseResidualSums, level_sums
from .terms import StructuredTerm

LEAD_FROM = 100
"""Effects from which the largest unstructured factor is eliminated in batches."""
EXPLAINED = 1e-10
"""Share of the response's sum of squares that is as good as none."""


def _explained(D: np.ndarray, R: np.ndarray) -> bool:
    """Whether the random effects that leave ``R`` and the fixed ones explain all of the response.

    Parameters
    ----------
    D, R : ndarray of shape (n, p + 1)
    """
    gamma = np.linalg.lstsq(R[:, :-1], R[:, -1], rcond=None)[0]
    left = R[:, -1] - R[:, :-1] @ gamma
    return bool(left @ left <= EXPLAINED * (D[:, -1] @ D[:, -1]))


class DenseCore:
    """Likelihood of terms with structures over their levels, crossed with any others.

    Parameters
    ----------
    terms : list of StructuredTerm
    residual : ResidualStructure, optional
    D : ndarray of shape (n, d)
    """

    def __init__(self, terms: list[StructuredTerm], residual, D: np.ndarray) -> None:
        self.terms = terms
        self.n_residual = 0 if residual is None else residual.n_params
        plain = [t for t in terms if t.over_levels is None and t.size >= LEAD_FROM]
        lead = max(plain, key=lambda t: t.size, default=None) if residual is None else None
        A, R, Z = self._start(lead, D)
        if lead is not None and _explained(D, R):
            # The noise may vanish: what the lead leaves of the others' columns is rounding then.
            A, R, Z = self._start(None, D)
        if residual is None:
            self.source = ConstantSums(CrossProducts(A, (Z.T @ R)[None], R.T @ R))
        else:
            self.source = DenseResidualSums(residual, Z, R)

    def _start(
        self, lead: StructuredTerm | None, D: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, sparse.csr_array]:
        """Cross-products of the other terms, what all terms leave of ``D``, the others' columns."""
        self.lead, self.tail = lead, [t for t in self.terms if t is not lead]
        ends = np.cumsum([0, *(t.size for t in self.tail)])
        self.m = int(ends[-1])
        self.spans = [slice(a, b) for a, b in pairwise(ends)]
        nothing = sparse.csr_array((len(D), 0))
        Z = sparse.hstack([nothing, *(t.columns() for t in self.tail)]).tocsr()
        A = (Z.T @ Z).toarray()[None]
        if lead is not None:
            return A, self._start_with_lead(Z, A, D), Z
        self.taken = least_squares(A, (Z.T @ D)[None])
        return A, D - Z @ self.taken[0], Z

    def _start_with_lead(self, Z: sparse.csr_array, A: np.ndarray, D: np.ndarray) -> np.ndarray:
        """Cross-products with the lead; what is left of ``D`` without it and the others."""
        codes, levels, q = self.lead.codes, self.lead.n_levels, self.lead.q
        sums = level_sums(codes, levels, self.lead.Z, D)
        cross = (self.lead.columns().T @ Z).toarray().reshape(levels, q, self.m)
        # What the other terms say beyond the lead.
        whole = np.concatenate([cross, sums.B], axis=2)
        beyond = np.hstack([A[0], Z.T @ D])[None] - np.tensordot(
            cross, least_squares(sums.A, whole), ([0, 1], [0, 1])
        )
        self.taken = least_squares(beyond[:, :, : self.m], beyond[:, :, self.m :])
        D = D - Z @ self.taken[0]
        taken = least_squares(sums.A, level_sums(codes, levels, self.lead.Z, D).B)
        R = D - np.einsum("nq,nqd->nd", self.lead.Z, taken[codes])
        left = level_sums(codes, levels, self.lead.Z, R)
        self.lead_sums = replace(left, B=np.concatenate([cross, left.B], axis=2))
        self.lead_taken = np.concatenate([np.zeros_like(cross), taken], axis=2)
        return R

    def _residual(self, x: np.ndarray) -> np.ndarray:
        return x[len(x) - self.n_residual :]

    def reduce(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Log-determinants, and ``D'V^-1 D`` with the random effects integrated out."""
        sums = self.source.evaluate(self._residual(x))
        logdet = sums.logdet
        A, B, C, m, root = sums.A, sums.B, sums.C, self.m, sums.root
        if self.lead is not None:
            lead = self.lead_sums
            S = self.lead.covariance(x)
            self.first = Stage(lead.A, lead.B, S, self.lead_taken, lead.root)
            logdet += self.first.logdet
            rest = self.first.reduce(np.block([[A[0], B[0]], [B[0].T, C]]))
            A, B, C, root = rest[None, :m, :m], rest[None, :m, m:], rest[m:, m:], None
        S = block_diag(*(t.full_covariance(x) for t in self.tail))
        self.stage = Stage(A, B, S, self.taken, root)
        return logdet + self.stage.logdet, self.stage.reduce(C)

    def gradient(self, x: np.ndarray, E: np.ndarray) -> np.ndarray:
        """Gradient at the ``x`` of the last :meth:`reduce`, given the adjoint of its matrix."""
        out = np.zeros(len(x))
        bar_S = self.stage.covariance_adjoint(E)
        for term, span in zip(self.tail, self.spans, strict=True):
            term.full_pullback(x, bar_S[span, span], out)
        if self.lead is None and not self.n_residual:
            return out
        bar_A, bar_B = self.stage.data_adjoint(E)
        if self.lead is not None:
            half = 0.5 * bar_B[0]
            bar = np.block([[bar_A[0], half], [half.T, E]])
            part = self.first.covariance_adjoint(bar)
            out[self.lead.params] = self.lead.slope.pullback(x[self.lead.params], part)
        else:
            inner = self._residual(x)
            out[len(x) - self.n_residual :] = self.source.gradient(inner, bar_A, bar_B, E)
        return out

    def _lead_weights(self, weights: np.ndarray) -> np.ndarray:
        """Weights of ``[Z_tail, D]`` in the residual that the lead factor sees."""
        return np.append(self.stage.left[0] @ weights, weights)

    def scores(self, weights: np.ndarray) -> list[np.ndarray]:
        """``Z'V^-1 D weights`` of each term as written, ``(G, q)``."""
        found = {}
        r = self.stage.Y[0] @ weights
        for term, span in zip(self.tail, self.spans, strict=True):
            found[term.position] = r[span].reshape(term.n_levels, term.q)
        if self.lead is not None:
            found[self.lead.position] = self.first.Y @ self._lead_weights(weights)
        return [found[t.position] for t in self.terms]

    def modes(self, x: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
        """Working conditional modes of each term as written, ``(G, q)``."""
        return [
            t.level_matrix(x) @ r @ t.covariance(x) if t is not self.lead else r @ t.covariance(x)
            for t, r in zip(self.terms, self.scores(weights), strict=True)
        ]

    def joint_variance(self, x: np.ndarray, position: int) -> np.ndarray:
        """Conditional covariance over ``sigma^2`` of all effects of a term, ``(G q, G q)``."""
        term = self.terms[position]
        if term is self.lead:
            link = self._link().reshape(term.size, self.m)
            return block_diag(*self.first.M) + link @ self.stage.M[0] @ link.T
        span = self.spans[[t is term for t in self.tail].index(True)]
        return self.stage.M[0][span, span]

    def _link(self) -> np.ndarray:
        """How the lead effects' conditional mean moves with the other effects, ``(G, q, m)``."""
        return self.first.S @ self.first.Y[:, :, : self.m]

    def _lead_variance(self) -> np.ndarray:
        link = self._link()
        return self.first.M + link @ self.stage.M[0] @ link.transpose(0, 2, 1)

    def variances(self, x: np.ndarray) -> list[np.ndarray]:
        """Working conditional covariances over ``sigma^2`` of each term, ``(G, q, q)``."""
        out = []
        for term in self.terms:
            if term is self.lead:
                out.append(self._lead_variance())
                continue
            joint = self.joint_variance(x, term.position)
            blocks = joint.reshape(term.n_levels, term.q, term.n_levels, term.q)
            out.append(np.einsum("gkgl->gkl", blocks).copy())
        return out
