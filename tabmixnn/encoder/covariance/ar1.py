"""First-order autoregression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .base import Correlation, refuse_repeated
from .context import Context
from .domains import Interval
from .errors import ParameterError
from .times import (
    median_gap,
    refuse_new_parts_of_a_unit,
    refuse_parts_of_a_unit,
    start_over,
    start_value,
)

FIRST = 0.3
"""Autocorrelation that a search starts with where no other is given."""
OTHERWISE = "; pass 'continuous': True for the process in continuous time"


class AR1(Correlation):
    """Correlation ``rho^|s - t|`` (eq. 10); positions are times.

    Whole-number gaps allow any ``rho`` in (-1, 1). Gaps that are not whole numbers have no meaning
    with a negative ``rho``: with ``continuous=True`` it lies in (0, 1), the continuous-time
    process. ``rho`` is over one unit of time, whatever the gaps: between times in years that are
    days apart it is nearly zero. What is estimated there is therefore its power over `gap`.

    Parameters
    ----------
    rho : float, optional
        Start value of the autocorrelation over one unit of time. Unless given that over `gap` is
        0.3; where `gap` is no unit it is brought into 0.01 to 0.99, from where a search gets away.
    continuous : bool
    gap : float
        How far times typically are apart. An estimate is at the edge whose power over it is nearly
        one, or in continuous time nearly zero.
    hold : iterable of str
    """

    type = "AR1"
    keys = ("rho", "time_col", "continuous", "gap")
    default_column = "time_col"

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> AR1:
        """``rho``, ``continuous`` for gaps that are not whole numbers, and ``gap``.

        The last is the median gap between neighbours in time unless given. A ``rho`` that is held
        but not given is 0.3.
        """
        gap = entry.get("gap")
        return cls(
            entry.get("rho"),
            continuous=bool(entry.get("continuous", False)),
            gap=median_gap(context, entry.get("time_col")) if gap is None else gap,
            hold=entry.get("hold", ()),
        )

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[AR1, np.ndarray]:
        """Times with gaps, not in order."""
        return cls(), rng.permutation(3 * size)[:size].astype(float)

    def __init__(
        self,
        rho: float | None = None,
        *,
        continuous: bool = False,
        gap: float = 1.0,
        hold: Iterable[str] = (),
    ) -> None:
        number = isinstance(gap, int | float | np.number) and not isinstance(gap, bool)
        if not number or not 0.0 < gap < np.inf:
            raise ParameterError(f"gap of AR1 must be a positive number, not {gap!r}")
        domain = Interval(0.0 if continuous else -1.0, 1.0)
        super().__init__({"rho": domain}, [FIRST if rho is None else rho], hold)
        self.continuous, self.gap = continuous, float(gap)
        self.unit = self.gap if continuous and self.n_params else 1.0
        """Time over which the parameter is the autocorrelation."""
        if not self.n_params:
            return
        if rho is None:
            self.initial[0] = FIRST ** (self.unit / self.gap)
        else:
            start = start_over if continuous else start_value
            self.initial[0] = start(self.gap, self.initial[0])

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """``rho`` over one unit of time."""
        (value,) = self.values(params)
        return {"rho": float(value ** (1.0 / self.unit))}

    def at_edge(self, params: np.ndarray) -> np.ndarray:
        """Whether the autocorrelation over `gap` is at the edge."""
        (value,) = self.values(params)
        over = np.copysign(abs(value) ** (self.gap / self.unit), value)
        return np.array([self.domains["rho"].at_edge(over)] * self.n_params, dtype=bool)

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Refuse repeated times, and gaps of parts of a unit unless ``continuous``."""
        refuse_repeated(positions, labels, where, "time")
        if not self.continuous:
            refuse_parts_of_a_unit(positions, where, self.type, OTHERWISE)

    def check_new(
        self, known: np.ndarray, new: np.ndarray, labels: Sequence[str], where: str
    ) -> None:
        """Refuse gaps of parts of a unit unless ``continuous``."""
        if not self.continuous:
            refuse_new_parts_of_a_unit(known, new, labels, where, self.type, OTHERWISE)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """``rho`` to the power of the gap."""
        return self._power(values[0], self._units(left[..., :, None] - right[..., None, :]))

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """``gap * rho^(gap - 1)``."""
        gap, rho = self._units(left[..., :, None] - right[..., None, :]), values[0]
        if self.continuous:
            return (gap * rho**gap / max(rho, np.finfo(float).tiny))[None]
        return (gap * self._power(rho, np.maximum(gap - 1.0, 0.0)))[None]

    def _units(self, apart: np.ndarray) -> np.ndarray:
        """How many units times are apart."""
        return np.abs(apart) / self.unit if self.continuous else np.round(np.abs(apart))

    def _power(self, rho: float, gap: np.ndarray) -> np.ndarray:
        if rho >= 0.0 or self.continuous:
            return rho**gap
        return np.where(gap % 2 == 0, 1.0, -1.0) * (-rho) ** gap

    def _steps(self, params: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Order in time and the correlation of each time with the one before."""
        order = np.argsort(positions)
        (rho,) = self.values(params)
        return order, self._power(rho, self._units(np.diff(positions[order])))

    def solve(self, params: np.ndarray, positions: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """Product with the tridiagonal inverse, ``O(s)``."""
        order, step = self._steps(params, positions)
        x = np.asarray(rhs, dtype=float)[order]
        r = step[:, None]
        innovation = (x[1:] - r * x[:-1]) / (1.0 - r**2)
        out = np.empty_like(x)
        out[order[:1]] = x[:1]
        out[order[1:]] = innovation
        out[order[:-1]] -= r * innovation
        return out
