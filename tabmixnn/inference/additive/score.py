"""Score tests of variances that are zero: does a term belong into the model?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import issparse

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.matrices import level_products, spread
from tabmixnn.inference.additive.model import Space
from tabmixnn.inference.additive.rows import Rows

Array = NDArray[np.float64]

MOST_COUPLINGS = 3e7
"""Entries that a test of groups' own effects may need at most."""


class ScoreTest:
    r"""Score tests of further variances at a fitted model (Zhang and Lin 2003).

    With :math:`P` the projection of the restricted likelihood, in units of the residual
    variance, and N the columns of a term, the derivative of the log-likelihood by the term's
    variance at zero is half of
    :math:`q - t` with :math:`q = |N'Py|^2 / \sigma^2` and :math:`t = \mathrm{tr}(N'PN)`; under
    a variance of zero its variance is :math:`2 |N'PN|_F^2`. For effects of groups only the
    blocks of :math:`N'PN` that belong to one level are counted.

    Parameters
    ----------
    space : Space
    rows : Rows
        The training rows.
    fit : AdditiveFit
    """

    def __init__(self, space: Space, rows: Rows, fit: AdditiveFit) -> None:
        self.space, self.rows, self.fit = space, rows, fit
        self._levels = fit.solution.levels
        self._reduced = fit.solution.reduced[:, :, :-1]
        levels, q, d = self._reduced.shape
        self._flat = self._reduced.reshape(levels * q, d)
        self._Py = fit.weights * fit.residuals

    def __call__(self, candidate: Candidate) -> float | None:
        """Return the standardised score; None without columns, or where they are too many.

        Positive values speak for the term; above 2 or so it is worth a fit.
        """
        columns = self.space.columns(self.rows, candidate)
        if not columns.shape[1]:
            return None
        if candidate.group is None:
            q, t, squares = self._over_all_rows(columns)
        else:
            parts = self._of_levels(columns, candidate.group)
            if parts is None:
                return None
            q, t, squares = parts
        if squares <= 0.0:
            return None
        return float((q / self.fit.solution.sigma2 - t) / np.sqrt(2.0 * squares))

    def _whiten(self, cross: Array) -> Array:
        """Return ``L^-1 (scale * cross)`` of cross-products with the columns beside Z."""
        solution = self.fit.solution
        return solve_triangular(solution.root, cross * solution.scale[:, None], lower=True)

    def _over_all_rows(self, columns: Array) -> tuple[float, float, float]:
        matrices, weights = self.fit.matrices, self.fit.weights
        root = columns * np.sqrt(weights)[:, None]
        inner = root.T @ root
        cross = matrices.project(weights, columns)
        if matrices.n_own:
            half = self._levels.lead @ matrices.by_level(weights, columns)
            half = half.reshape(-1, columns.shape[1])
            inner = self._levels.less(inner, half.T @ half)
            cross = self._levels.less(cross, self._flat.T @ half)
        whitened = self._whiten(cross)
        inner -= whitened.T @ whitened
        score = columns.T @ self._Py
        return float(score @ score), float(np.trace(inner)), float((inner**2).sum())

    def _of_levels(self, columns: Array, group: str) -> tuple[float, float, float] | None:
        matrices, weights, solution = self.fit.matrices, self.fit.weights, self.fit.solution
        codes, levels = self.rows.codes(group), self.space.n_levels[group]
        m = columns.shape[1]
        is_largest = group == self.space.largest
        other = len(solution.root)
        if not is_largest:
            other += self._flat.shape[0]
        if levels * m * other > MOST_COUPLINGS:
            return None
        root = columns * np.sqrt(weights)[:, None]
        inner = level_products(root, root, codes, levels)
        of_levels = spread(columns * weights[:, None], codes, levels).T
        products = (of_levels @ part for part in matrices.side_parts)
        cross = np.hstack([each.toarray() if issparse(each) else each for each in products])
        if is_largest and matrices.n_own:
            half = self._levels.lead @ matrices.by_level(weights, columns)
            back = np.swapaxes(half, 1, 2)
            inner = self._levels.less(inner, back @ half)
            cross = self._levels.less(cross, (back @ self._reduced).reshape(levels * m, -1))
        elif matrices.n_own:
            half = self._levels.lead @ matrices.by_level(weights, spread(columns, codes, levels))
            half = half.reshape(-1, levels * m)
            columns_of = half.reshape(-1, levels, m)
            through = columns_of.transpose(1, 2, 0) @ columns_of.transpose(1, 0, 2)
            inner = self._levels.less(inner, through)
            cross = self._levels.less(cross, half.T @ self._flat)
        whitened = self._whiten(cross.T).T.reshape(levels, m, -1)
        inner -= whitened @ np.swapaxes(whitened, 1, 2)
        score = np.column_stack(
            [np.bincount(codes, each * self._Py, minlength=levels) for each in columns.T]
        )
        trace = float(np.einsum("gaa->", inner))
        return float((score**2).sum()), trace, float((inner**2).sum())
