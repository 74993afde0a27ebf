"""Structures of the residuals within the levels of a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tabmixnn.formula.columns import match_levels

from .base import Correlation
from .errors import PositionError


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
    strata_column : str, optional
        The column whose levels the strata are.
    """

    structure: Correlation
    codes: np.ndarray
    positions: np.ndarray
    levels: Sequence[str]
    strata: np.ndarray | None = None
    strata_names: list[str] = field(default_factory=list)
    group: str = "group"
    strata_column: str | None = None

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

    def strata_of(self, data: pd.DataFrame) -> np.ndarray:
        """Return the variance strata of new rows, int of shape (n,).

        Raises
        ------
        PositionError
            If the column is not there, has missing values or a level that no training row had.
        """
        column = self.strata_column
        if column not in data.columns:
            raise PositionError(f"the rows have no column {column!r}, which 'scale_by' names")
        series = data[column]
        if series.isna().any():
            raise PositionError(f"'scale_by' column {column!r} is missing in some rows")
        codes, unseen = match_levels(series, self.strata_names)
        if unseen:
            raise PositionError(
                f"'scale_by' column {column!r} has {unseen[0]!r}, and no training row tells its "
                f"residual variance; known: {', '.join(map(repr, self.strata_names))}"
            )
        return codes

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
