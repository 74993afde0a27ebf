"""A structure laid on particular levels, effects or rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .base import Correlation
from .context import Context


@dataclass(eq=False)
class Placed:
    """A correlation at the positions of the effects that it ties together.

    Attributes
    ----------
    structure : Correlation
    positions : ndarray of shape (s,) or (s, dim)
    labels : list of str of length s
        What stands at each position.
    where : str
        Which group, for messages.
    columns : list of str
        Columns that gave the positions; empty if they are an order or a matrix did.

    Raises
    ------
    PositionError
        Positions that the structure cannot take.
    """

    structure: Correlation
    positions: np.ndarray
    labels: list[str] = field(default_factory=list)
    where: str = "the structure"
    columns: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.positions = np.asarray(self.positions)
        self.labels = self.labels or [str(i) for i in range(len(self.positions))]
        self.structure.check(self.positions, self.labels, self.where)
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def n_params(self) -> int:
        """Number of estimated parameters."""
        return self.structure.n_params

    @property
    def start(self) -> np.ndarray:
        """Start values ``(n_params,)``."""
        return self.structure.start

    def place_new(self, context: Context) -> np.ndarray | None:
        """Positions of levels that come later, or None where nothing says where they stand.

        Raises
        ------
        PositionError
            Positions that the structure cannot take.
        """
        if self.structure.is_exchangeable:
            return self.positions.max() + 1 + context.order()
        if not (self.columns or self.structure.places_by_label):
            return None
        positions = self.structure.locate_new(context, self.columns)
        self.structure.check_new(self.positions, positions, context.labels, self.where)
        return positions

    def matrix(self, params: np.ndarray) -> np.ndarray:
        """Correlation matrix ``(s, s)``; the last one is remembered."""
        if self._last is None or not np.array_equal(self._last[0], params):
            self._last = np.array(params), self.structure.matrix(params, self.positions)
        return self._last[1]

    def derivatives(self, params: np.ndarray) -> np.ndarray:
        """Derivatives of the matrix, ``(n_params, s, s)``."""
        return self.structure.derivatives(params, self.positions)


@dataclass(eq=False)
class StructuredBlock:
    """A random-effects term with structures over its levels and over its effects.

    ``Cov(u) = sigma^2 R_levels (x) S`` with the levels running slowest (eq. 13). Without a
    structure over the levels these are independent; without one over the effects ``S`` is free.

    Attributes
    ----------
    group, codes, levels, names, Z, correlated
        As in a plain block.
    over_levels : Placed, optional
        Over the ``G`` levels.
    over_effects : Placed, optional
        Over the ``q`` effects of a level.
    heterogeneous : bool
        Whether each of the ``q`` effects under ``over_effects`` has its own variance.
    """

    group: str
    codes: np.ndarray
    levels: np.ndarray
    names: list[str]
    Z: np.ndarray
    correlated: bool = True
    over_levels: Placed | None = None
    over_effects: Placed | None = None
    heterogeneous: bool = False
