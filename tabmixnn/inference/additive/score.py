"""Score tests of variances that are zero: does a term belong into the model?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.sparse import csc_array, csr_array, issparse

from tabmixnn.inference.additive.candidates import Candidate
from tabmixnn.inference.additive.features import Pair, Parts
from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.matrices import level_products, spread
from tabmixnn.inference.additive.rows import Rows
from tabmixnn.inference.additive.space import Space

Array = NDArray[np.float64]

MOST_COUPLINGS = 3e7
"""Entries that a test of groups' own effects may need at most."""
MOST_WHITENED = 5e6
"""Entries of the rows beside Z up to which these are whitened, instead of what each term needs."""
NOTHING = 1e-9
"""Share of its squared size that a term needs beyond the model's columns to add anything."""


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
        self._parts = Parts(space.variables, rows.table)
        self._levels = fit.solution.levels
        self._flat = fit.solution.flat(fit.solution.whitened)
        self._Py = fit.weights * fit.residuals
        self._deviations = np.sqrt(fit.weights)[:, None]

    def __call__(self, candidate: Candidate) -> float | None:
        """Return the standardised score; None without columns, or where they are too many.

        None, too, where the model has all that they could add: what is left is rounding.

        Positive values speak for the term; above 2 or so it is worth a fit.
        """
        columns = self._columns(candidate)
        size = float((self._deviations**2 * columns**2).sum())
        if not size:
            return None
        if candidate.group is None:
            q, t, squares = self._over_all_rows(columns)
        else:
            parts = self._of_levels(columns, candidate.group)
            if parts is None:
                return None
            q, t, squares = parts
        if squares <= 0.0 or t <= NOTHING * size:
            return None
        return float((q / self.fit.solution.sigma2 - t) / np.sqrt(2.0 * squares))

    def _columns(self, candidate: Candidate) -> Array:
        if isinstance(candidate.feature, Pair):
            own = candidate.feature.columns_of(self._parts)
        else:
            own = candidate.feature.columns(self.space.variables, self.rows)
        left = self.space.less_fixed(own, self.rows, candidate)
        return left if (left**2).sum() > NOTHING * (own**2).sum() else own[:, :0]

    def _over_all_rows(self, columns: Array) -> tuple[float, float, float]:
        def with_side() -> Array:
            return self._with_side(columns.T)

        root = columns * self._deviations
        if self.fit.matrices.n_own:
            half = self._halves(columns)
            inner = self._levels.less(lambda: root.T @ root, half.T @ half)
            shared = self._levels.less(with_side, half.T @ self._flat)
        else:
            inner, shared = root.T @ root, with_side()
        inner -= shared @ shared.T
        score = columns.T @ self._Py
        return float(score @ score), float(np.trace(inner)), float((inner**2).sum())

    def _of_levels(self, columns: Array, group: str) -> tuple[float, float, float] | None:
        codes, levels = self.rows.codes(group), self.space.n_levels[group]
        m, is_largest = columns.shape[1], group == self.space.largest
        other = self._flat.shape[1] + (0 if is_largest else self._flat.shape[0])
        if levels * m * other > MOST_COUPLINGS:
            return None

        def products() -> Array:
            root = columns * self._deviations
            return level_products(root, root, codes, levels)

        def with_side() -> Array:
            return self._with_side(spread(columns, codes, levels).T)

        if not self.fit.matrices.n_own:
            inner, shared = products(), with_side()
        elif is_largest:
            half = self._levels.lead @ self.fit.matrices.by_level(self.fit.weights, columns)
            back = np.swapaxes(half, 1, 2)
            through = back @ self.fit.solution.whitened
            inner = self._levels.less(products, back @ half)
            shared = self._levels.less(with_side, through.reshape(levels * m, -1))
        else:
            half = self._halves(spread(columns, codes, levels))
            columns_of = half.reshape(-1, levels, m)
            through = columns_of.transpose(1, 2, 0) @ columns_of.transpose(1, 0, 2)
            inner = self._levels.less(products, through)
            shared = self._levels.less(with_side, half.T @ self._flat)
        shared = shared.reshape(levels, m, -1)
        inner -= shared @ np.swapaxes(shared, 1, 2)
        score = np.column_stack(
            [np.bincount(codes, each * self._Py, minlength=levels) for each in columns.T]
        )
        trace = float(np.einsum("gaa->", inner))
        return float((score**2).sum()), trace, float((inner**2).sum())

    def _halves(self, columns: Array | csr_array) -> Array:
        """Return the part in the levels' factors of m columns, shape (places, m)."""
        by_level = self.fit.matrices.by_level(self.fit.weights, columns)
        return self.fit.solution.flat(self._levels.lead @ by_level)

    def _with_side(self, columns: Array | csc_array) -> Array:
        """Return whitened cross-products of M columns with those beside Z, shape (M, d).

        Parameters
        ----------
        columns : ndarray or csc_array, shape (M, n)
        """
        if self._side is not None:
            return columns @ self._side
        weighted = columns * self.fit.weights
        products = [weighted @ part for part in self.fit.matrices.side_parts]
        return self._whiten(_side_by_side(products))

    @cached_property
    def _side(self) -> Array | None:
        """The weighted rows beside Z, whitened once for all terms; None if they are too many."""
        matrices = self.fit.matrices
        if len(matrices) * self._flat.shape[1] > MOST_WHITENED:
            return None
        rows = _side_by_side(matrices.side_parts)
        return self._whiten(rows * self.fit.weights[:, None])

    def _whiten(self, cross: Array) -> Array:
        """Return ``L^-1 (scale * c)`` of each row c, cross-products with the columns beside Z."""
        solution = self.fit.solution
        return solve_triangular(solution.root, (cross * solution.scale).T, lower=True).T


def _side_by_side(parts: Sequence[Array | csr_array | csc_array]) -> Array:
    return np.hstack([each.toarray() if issparse(each) else each for each in parts])
