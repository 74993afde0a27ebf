"""Sets that a covariance parameter lives in, and smooth maps onto them from the whole line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

EDGE = 1e-3
"""Distance from the end of an interval, over its width, that counts as at it."""


class Domain(ABC):
    """An open interval and a smooth bijection from the real line onto it."""

    @abstractmethod
    def value(self, x: float) -> float:
        """Point of the domain at the unconstrained number ``x``."""

    @abstractmethod
    def slope(self, x: float) -> float:
        """Derivative of :meth:`value`."""

    @abstractmethod
    def unconstrained(self, value: float) -> float:
        """Inverse of :meth:`value`; ``value`` has to satisfy :meth:`contains`."""

    @abstractmethod
    def contains(self, value: float) -> bool:
        """Whether a value lies in the domain."""

    def at_edge(self, value: float) -> bool:
        """Whether a value is so near a finite end that an estimate there is no estimate."""
        return False


@dataclass(frozen=True)
class Interval(Domain):
    """Open interval ``(low, high)``, by ``x / sqrt(1 + x^2)`` scaled to it."""

    low: float = -1.0
    high: float = 1.0

    def value(self, x: float) -> float:
        """Point of the interval."""
        return self.low + (self.high - self.low) * 0.5 * (1.0 + x / np.sqrt(1.0 + x * x))

    def slope(self, x: float) -> float:
        """Derivative of the map."""
        return 0.5 * (self.high - self.low) * (1.0 + x * x) ** -1.5

    def unconstrained(self, value: float) -> float:
        """Number that maps to ``value``."""
        z = 2.0 * (value - self.low) / (self.high - self.low) - 1.0
        return z / np.sqrt(1.0 - z * z)

    def contains(self, value: float) -> bool:
        """Whether ``low < value < high``."""
        return self.low < value < self.high

    def at_edge(self, value: float) -> bool:
        """Within a thousandth of an end."""
        gap = min(value - self.low, self.high - value)
        return gap < EDGE * min(self.high - self.low, 1.0)

    def __str__(self) -> str:
        return f"between {self.low:.6g} and {self.high:.6g}"


@dataclass(frozen=True)
class Scale(Domain):
    """Positive numbers between two orders of magnitude, by the logarithm.

    Beyond them a range parameter moves without moving the model.
    """

    low: float
    high: float

    @property
    def _logs(self) -> Interval:
        return Interval(float(np.log(self.low)), float(np.log(self.high)))

    def value(self, x: float) -> float:
        """Exponential of a point between the logarithms."""
        return float(np.exp(self._logs.value(x)))

    def slope(self, x: float) -> float:
        """Derivative of the map."""
        return self.value(x) * self._logs.slope(x)

    def unconstrained(self, value: float) -> float:
        """Number that maps to ``value``."""
        return self._logs.unconstrained(float(np.log(value)))

    def contains(self, value: float) -> bool:
        """Whether ``low < value < high``."""
        return bool(self.low < value < self.high)

    def at_edge(self, value: float) -> bool:
        """Within a factor of 1.5 of an end."""
        return value < 1.5 * self.low or value > self.high / 1.5

    def __str__(self) -> str:
        return f"positive, between {self.low:.6g} and {self.high:.6g}"


@dataclass(frozen=True)
class Positive(Domain):
    """Positive numbers, by the exponential."""

    def value(self, x: float) -> float:
        """``exp(x)``."""
        return float(np.exp(x))

    def slope(self, x: float) -> float:
        """``exp(x)``."""
        return float(np.exp(x))

    def unconstrained(self, value: float) -> float:
        """``log(value)``."""
        return float(np.log(value))

    def contains(self, value: float) -> bool:
        """Whether ``value`` is positive and finite."""
        return bool(0.0 < value < np.inf)

    def __str__(self) -> str:
        return "positive"


@dataclass(frozen=True)
class Real(Domain):
    """All real numbers."""

    def value(self, x: float) -> float:
        """``x`` itself."""
        return x

    def slope(self, x: float) -> float:
        """One."""
        return 1.0

    def unconstrained(self, value: float) -> float:
        """``value`` itself."""
        return value

    def contains(self, value: float) -> bool:
        """Whether ``value`` is finite."""
        return bool(np.isfinite(value))

    def __str__(self) -> str:
        return "finite"
