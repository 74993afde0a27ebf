"""Structures of the residuals within the levels of a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .base import Correlation


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
