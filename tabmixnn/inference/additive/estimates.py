"""The formula's part of a mixed model that grew: its fixed and random effects.

They are what `tabmixnn.interpret.parameters` tells of any mixed model, under the names that an
exact fit has for them (`MixedFit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.fit import AdditiveFit
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.rows import Rows

Array = NDArray[np.float64]


class FormulaEstimates:
    """Estimates of the formula's own effects, given the terms that were let in.

    Parameters
    ----------
    model : Model
    fit : AdditiveFit
    rows : Rows
        The training rows.
    names : sequence of str
        Of the fixed effects.
    blocks : list of RandomBlock
        Of the training rows.
    weight_unit : float
        What weights are in units of.

    Attributes
    ----------
    beta : ndarray, shape (p,)
    vcov_beta : ndarray, shape (p, p)
    criterion : float
        Minus twice the restricted log-likelihood, of the formula's columns as they are.
    sigma : float
        Residual deviation of a row of weight one.
    G : list of ndarray, shape (q, q)
        Covariance of the effects of each random-effects term.
    """

    def __init__(
        self,
        model: Model,
        fit: AdditiveFit,
        rows: Rows,
        names: Sequence[str],
        blocks: list[Any],
        weight_unit: float = 1.0,
    ) -> None:
        self.names, self.blocks = list(names), blocks
        self._fit, self._rows, self._space = fit, rows, model.space
        solution, p = fit.solution, fit.matrices.p
        basis = model.space.basis
        self.beta = basis @ solution.side[len(solution.side) - p :]
        self.vcov_beta = solution.sigma2 * basis @ solution.fixed_covariance @ basis.T
        self.criterion = solution.criterion - 2.0 * np.linalg.slogdet(basis)[1]
        self.sigma = float(np.sqrt(solution.sigma2 * weight_unit))
        self.G = model.formula_covariances(rows, fit)

    @cached_property
    def u(self) -> list[Array]:
        """Conditional modes of the effects of each term, shape (n_levels, q)."""
        solution = self._fit.solution
        return [
            (solution.own[:, at] if is_own else solution.side[at]) @ basis.T
            for is_own, at, basis in self._places()
        ]

    @cached_property
    def conditional_variances(self) -> list[Array]:
        """Their covariances given the fixed effects and variances, shape (n_levels, q, q)."""
        own, side = self._fit.solution.effect_covariances()
        out = []
        for is_own, at, basis in self._places():
            found = own[:, at[:, None], at] if is_own else side[at[:, :, None], at[:, None, :]]
            out.append(basis @ found @ basis.T)
        return out

    def _places(self) -> list[tuple[bool, NDArray[np.int64], Array]]:
        """Return where the effects of each term are, as `Model.matrices` puts them.

        Returns
        -------
        list of (bool, ndarray, ndarray)
            Whether they are effects of the largest factor; if so their columns, shape (q,),
            otherwise their positions among those beside, shape (n_levels, q); and their basis.
        """
        column, position = 0, self._fit.matrices.R.shape[1]
        out = []
        for block, basis in zip(self._rows.groups, self._space.group_bases, strict=True):
            q, levels = len(basis), block.n_levels
            if block.group == self._space.largest:
                out.append((True, column + np.arange(q), basis))
                column += q
            else:
                at = position + np.arange(q) * levels + np.arange(levels)[:, None]
                out.append((False, at, basis))
                position += q * levels
        return out
