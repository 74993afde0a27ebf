"""One grouping factor, the residuals correlated within its levels: level by level."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.linalg import block_diag

from .root import least_squares
from .stage import Stage
from .sums import ConstantSums, NestedResidualSums, level_sums
from .terms import StructuredTerm


class NestedCore:
    """Likelihood of terms that share one grouping factor, or of no random effects at all.

    Parameters
    ----------
    terms : list of StructuredTerm
        None with a structure over the levels.
    source : object
        Cross-products by level, of what is left of the rows without ``taken``.
    n_residual : int
        Residual parameters; they stand at the end of the vector.
    taken : ndarray of shape (G, q, d)
        What the effects explain of the rows at most.
    """

    def __init__(
        self, terms: list[StructuredTerm], source, n_residual: int, taken: np.ndarray
    ) -> None:
        self.terms, self.source, self.n_residual, self.taken = terms, source, n_residual, taken
        widths = np.cumsum([0, *(t.q for t in terms)])
        self.columns = [slice(a, b) for a, b in pairwise(widths)]

    @classmethod
    def from_rows(cls, terms: list[StructuredTerm], residual, D: np.ndarray) -> NestedCore:
        """Core of terms on data rows ``D (n, d)``."""
        n = len(D)
        Z = np.hstack([np.empty((n, 0)), *(t.Z for t in terms)])
        codes = terms[0].codes if terms else np.zeros(n, dtype=np.int64)
        n_levels = terms[0].n_levels if terms else 1
        sums = level_sums(codes, n_levels, Z, D)
        taken = least_squares(sums.A, sums.B)
        R = D - np.einsum("nq,nqd->nd", Z, taken[codes])
        if residual is None:
            return cls(terms, ConstantSums(level_sums(codes, n_levels, Z, R)), 0, taken)
        source = NestedResidualSums(residual, codes, n_levels, Z, R)
        return cls(terms, source, residual.n_params, taken)

    def _residual(self, x: np.ndarray) -> np.ndarray:
        return x[len(x) - self.n_residual :]

    def reduce(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Log-determinants, and ``D'V^-1 D`` with the random effects integrated out."""
        sums = self.source.evaluate(self._residual(x))
        self.stage = None
        if not self.terms:
            return sums.logdet, sums.C
        S = block_diag(*(t.covariance(x) for t in self.terms))
        self.stage = Stage(sums.A, sums.B, S, self.taken, sums.root)
        return sums.logdet + self.stage.logdet, self.stage.reduce(sums.C)

    def gradient(self, x: np.ndarray, E: np.ndarray) -> np.ndarray:
        """Gradient at the ``x`` of the last :meth:`reduce`, given the adjoint of its matrix."""
        out = np.zeros(len(x))
        bar_A, bar_B = np.zeros((1, 0, 0)), np.zeros((1, 0, len(E)))
        if self.stage is not None:
            bar_S = self.stage.covariance_adjoint(E)
            for term, columns in zip(self.terms, self.columns, strict=True):
                part = bar_S[columns, columns]
                out[term.params] = term.slope.pullback(x[term.params], part)
            if self.n_residual:
                bar_A, bar_B = self.stage.data_adjoint(E)
        if self.n_residual:
            inner = self._residual(x)
            out[len(x) - self.n_residual :] = self.source.gradient(inner, bar_A, bar_B, E)
        return out

    def scores(self, weights: np.ndarray) -> list[np.ndarray]:
        """``Z'V^-1 D weights`` of each term, ``(G, q)``."""
        if self.stage is None:
            return []
        r = self.stage.Y @ weights
        return [r[:, columns] for columns in self.columns]

    def modes(self, x: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
        """Working conditional modes of each term, ``(G, q)``."""
        return [r @ t.covariance(x) for t, r in zip(self.terms, self.scores(weights), strict=True)]

    def variances(self, x: np.ndarray) -> list[np.ndarray]:
        """Working conditional covariances over ``sigma^2`` of each term, ``(G, q, q)``."""
        if self.stage is None:
            return []
        return [self.stage.M[:, columns, columns] for columns in self.columns]

    def joint_variance(self, x: np.ndarray, position: int) -> np.ndarray:
        """Conditional covariance over ``sigma^2`` of all effects of a term, ``(G q, G q)``."""
        return block_diag(*self.variances(x)[position])
