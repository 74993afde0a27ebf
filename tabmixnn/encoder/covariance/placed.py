"""A structure laid on particular levels, effects or rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .base import Correlation


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

    Raises
    ------
    PositionError
        Positions that the structure cannot take.
    """

    structure: Correlation
    positions: np.ndarray
    labels: list[str] = field(default_factory=list)
    where: str = "the structure"

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

    def matrix(self, params: np.ndarray) -> np.ndarray:
        """Correlation matrix ``(s, s)``; the last one is remembered."""
        if self._last is None or not np.array_equal(self._last[0], params):
            self._last = np.array(params), self.structure.matrix(params, self.positions)
        return self._last[1]

    def derivatives(self, params: np.ndarray) -> np.ndarray:
        """Derivatives of the matrix, ``(n_params, s, s)``."""
        return self.structure.derivatives(params, self.positions)

    def logdet(self, params: np.ndarray) -> float:
        """Log-determinant of the matrix."""
        return self.structure.logdet(params, self.positions)

    def quadratic(self, params: np.ndarray, u: np.ndarray) -> float:
        """``sum_c u_c' R^-1 u_c`` of effects ``(s, c)``."""
        return self.structure.quadratic(params, self.positions, u)


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


@dataclass(eq=False)
class ResidualStructure:
    """Correlation of the residuals within the levels of a group, and their variances.

    ``Var(e_i) = sigma^2 d_i^2`` with ``d = 1`` in the first stratum (nlme's varIdent);
    ``Cor(e_i, e_j)`` is the structure's at the rows' positions within a level and zero between.

    Attributes
    ----------
    structure : Correlation
    codes : ndarray of shape (n,)
        Level of each row.
    positions : ndarray of shape (n,) or (n, dim)
    levels : sequence of str
        Names of the levels, for messages.
    strata : ndarray of int of shape (n,), optional
        Variance stratum of each row, from zero.
    strata_names : list of str
    group : str
    """

    structure: Correlation
    codes: np.ndarray
    positions: np.ndarray
    levels: Sequence[str]
    strata: np.ndarray | None = None
    strata_names: list[str] = field(default_factory=list)
    group: str = "group"

    def __post_init__(self) -> None:
        order = np.argsort(self.codes, kind="stable")
        bounds = np.flatnonzero(np.diff(self.codes[order])) + 1
        for rows in np.split(order, bounds):
            where = f"level {self.levels[self.codes[rows[0]]]} of '{self.group}'"
            self.structure.check(self.positions[rows], [f"row {i}" for i in rows], where)

    @property
    def n_strata(self) -> int:
        """Number of variance strata."""
        return 1 if self.strata is None else int(self.strata.max()) + 1

    @property
    def n_params(self) -> int:
        """Correlation parameters and log-ratios of the standard deviations."""
        return self.structure.n_params + self.n_strata - 1

    @property
    def start(self) -> np.ndarray:
        """Start values ``(n_params,)``: the given correlation, equal variances."""
        return np.append(self.structure.start, np.zeros(self.n_strata - 1))

    def split(self, params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Correlation parameters, and the strata's log standard deviations ``(n_strata,)``."""
        k = self.structure.n_params
        return params[:k], np.append(0.0, params[k:])

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """Correlation parameters, and ``sd(name)`` relative to the first stratum."""
        inner, log_sd = self.split(params)
        out = self.structure.natural(inner)
        if self.strata is not None:
            names = self.strata_names or [str(i) for i in range(self.n_strata)]
            out |= {f"sd({v})": float(np.exp(s)) for v, s in zip(names, log_sd, strict=True)}
        return out
