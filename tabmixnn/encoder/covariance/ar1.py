"""First-order autoregression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .base import Correlation, refuse_repeated
from .context import Context
from .domains import Interval
from .times import refuse_new_parts_of_a_unit, refuse_parts_of_a_unit

OTHERWISE = "; pass 'continuous': True for the process in continuous time"


class AR1(Correlation):
    """Correlation ``rho^|s - t|`` (eq. 10); positions are times.

    Whole-number gaps allow any ``rho`` in (-1, 1). Gaps that are not whole numbers have no meaning
    with a negative ``rho``: with ``continuous=True`` it lies in (0, 1), the continuous-time
    process. There the unit of time should be of the size of the gaps: correlations over parts of a
    unit are powers of a ``rho`` that is nearly zero.

    Parameters
    ----------
    rho : float
        Start value of the autocorrelation over one unit of time.
    continuous : bool
    hold : iterable of str
    """

    type = "AR1"
    keys = ("rho", "time_col", "continuous")
    default_column = "time_col"

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> AR1:
        """``rho``, and ``continuous`` for gaps that are not whole numbers."""
        return cls(
            entry.get("rho", 0.3),
            continuous=bool(entry.get("continuous", False)),
            hold=entry.get("hold", ()),
        )

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[AR1, np.ndarray]:
        """Times with gaps, not in order."""
        return cls(), rng.permutation(3 * size)[:size].astype(float)

    def __init__(
        self, rho: float = 0.3, *, continuous: bool = False, hold: Iterable[str] = ()
    ) -> None:
        super().__init__({"rho": Interval(0.0 if continuous else -1.0, 1.0)}, [rho], hold)
        self.continuous = continuous

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
        gap = self._gaps(left, right)
        return self._power(values[0], gap)

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """``gap * rho^(gap - 1)``."""
        gap, rho = self._gaps(left, right), values[0]
        if self.continuous:
            return (gap * rho**gap / max(rho, np.finfo(float).tiny))[None]
        return (gap * self._power(rho, np.maximum(gap - 1.0, 0.0)))[None]

    def _gaps(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        gap = np.abs(left[..., :, None] - right[..., None, :])
        return gap if self.continuous else np.round(gap)

    def _power(self, rho: float, gap: np.ndarray) -> np.ndarray:
        if rho >= 0.0 or self.continuous:
            return rho**gap
        return np.where(gap % 2 == 0, 1.0, -1.0) * (-rho) ** gap

    def _steps(self, params: np.ndarray, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Order in time and the correlation of each time with the one before."""
        order = np.argsort(positions)
        times = positions[order]
        (rho,) = self.values(params)
        gaps = np.diff(times)
        return order, self._power(rho, gaps if self.continuous else np.round(gaps))

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
