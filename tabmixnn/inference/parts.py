"""The parts of a mixed model's linear predictor, whose variances `variance_decomposition` tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LinearParts:
    """What each part of a mixed model adds to the linear predictors of n rows.

    Attributes
    ----------
    offset, fixed : ndarray, shape (n,)
        The known part, and what the fixed effects add.
    random : sequence of pairs of str and ndarray, shape (n,)
        For each random-effects term of the formula its group, and the variance ``z'Gz`` of what
        it adds to a row.
    smooths : dict of str to ndarray, shape (n,)
        What terms over all rows add that are not in the formula, by their names.
    own : dict of str to ndarray, shape (n,)
        The variances of what groups have of their own beyond the formula, by the terms' names.
    """

    offset: Array
    fixed: Array
    random: Sequence[tuple[str, Array]]
    smooths: dict[str, Array] = field(default_factory=dict)
    own: dict[str, Array] = field(default_factory=dict)

    @property
    def population(self) -> Array:
        """Linear predictors with the effects of all groups zero, shape (n,)."""
        return self.offset + self.fixed + sum(self.smooths.values())

    @property
    def group_variance(self) -> Array:
        """Variance of what all groups add to each row, shape (n,)."""
        variances = [*(variance for _, variance in self.random), *self.own.values()]
        return sum(variances, np.zeros(len(self.offset)))
