"""Standard deviations and correlations, each a constraint that can be substituted.

A profile needs the criterion on the surface where one quantity is held. Each quantity says how a
free parameter vector is brought onto that surface and how gradients come back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from math import inf

import numpy as np

from .result import LMMFit
from .terms import Term

Pullback = Callable[[np.ndarray, float], np.ndarray]


class Quantity(ABC):
    """A function of the working covariance parameters ``x`` and ``sigma``.

    Attributes
    ----------
    name : str
    lower, upper : float
        Range.
    """

    name: str
    lower: float = 0.0
    upper: float = inf

    @abstractmethod
    def value(self, x: np.ndarray, sigma: float) -> float:
        """Value at the parameters."""

    @abstractmethod
    def restrict(self, x: np.ndarray, value: float) -> tuple[np.ndarray, float | None, Pullback]:
        """Bring free parameters onto the surface where the quantity is ``value``.

        Returns
        -------
        x : ndarray
            Parameters on the surface.
        sigma : float or None
            Residual deviation there; None leaves it to be profiled out.
        pullback : callable
            Gradient in the free parameters from those in ``x`` and ``sigma``.
        """

    def start(self, x: np.ndarray, now: float, value: float) -> np.ndarray:
        """Free parameters to start from, given those of a nearby value ``now``."""
        return x


class ResidualDeviation(Quantity):
    """``sigma``."""

    name = "sigma"

    def value(self, x: np.ndarray, sigma: float) -> float:
        """Value at the parameters."""
        return sigma

    def restrict(self, x: np.ndarray, value: float) -> tuple[np.ndarray, float | None, Pullback]:
        """Hold sigma itself."""
        return x, value, lambda by_x, by_sigma: by_x


class EffectDeviation(Quantity):
    """Standard deviation of one random effect.

    Parameters
    ----------
    term : Term
    k : int
        Position of the coefficient in the term.
    sigma : float
        Residual deviation of the fit, to start from where the effect's deviation is zero.
    """

    def __init__(self, term: Term, k: int, sigma: float) -> None:
        self.name = f"sd {term.names[k]} | {term.group}"
        self.term, self._k, self._sigma = term, k, sigma
        self._row = np.linalg.inv(term.whitening)[k]

    def _relative(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        effect = self._row @ self.term.structure.factor(x[self.term.params])
        return float(np.linalg.norm(effect)), effect

    def value(self, x: np.ndarray, sigma: float) -> float:
        """Value at the parameters."""
        return sigma * self._relative(x)[0]

    def restrict(self, x: np.ndarray, value: float) -> tuple[np.ndarray, float | None, Pullback]:
        """Give sigma the value that makes the deviation right."""
        relative, effect = self._relative(x)
        sigma = value / relative

        def pullback(by_x: np.ndarray, by_sigma: float) -> np.ndarray:
            params = self.term.params
            by_factor = np.outer(self._row, effect) * (-by_sigma * sigma / relative**2)
            out = by_x.copy()
            out[params] += self.term.structure.pullback(x[params], by_factor)
            return out

        return x, sigma, pullback

    def start(self, x: np.ndarray, now: float, value: float) -> np.ndarray:
        """Stretch this effect alone, so that sigma stays as it was."""
        term, out = self.term, x.copy()
        T = np.linalg.solve(term.whitening, term.structure.factor(x[term.params]))
        if now == 0.0:
            T[self._k, self._k] = value / self._sigma
        else:
            T[self._k] *= value / now
        out[term.params] = term.structure.from_factor(term.whitening @ T)
        return out


class EffectCorrelation(Quantity):
    """Correlation of two random effects of a term.

    Parameters
    ----------
    term : Term
    k, m : int
        Positions of the coefficients, ``k < m``.
    """

    lower, upper = -1.0, 1.0

    def __init__(self, term: Term, k: int, m: int) -> None:
        self.name = f"cor {term.names[k]}, {term.names[m]} | {term.group}"
        self.term, self._k, self._m = term, k, m
        self._inverse = np.linalg.inv(term.whitening)

    def _factor(self, x: np.ndarray) -> np.ndarray:
        return self._inverse @ self.term.structure.factor(x[self.term.params])

    def value(self, x: np.ndarray, sigma: float) -> float:
        """Value at the parameters."""
        T = self._factor(x)
        first, second = T[self._k], T[self._m]
        return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))

    def restrict(self, x: np.ndarray, value: float) -> tuple[np.ndarray, float | None, Pullback]:
        """Replace the part of the second row that lies along the first one."""
        term, whitening = self.term, self.term.whitening
        T = self._factor(x)
        first, second = T[self._k], T[self._m].copy()
        length = float(np.linalg.norm(first))
        along = first / length
        across = second - (second @ along) * along
        width = float(np.linalg.norm(across))
        slope = value / np.sqrt(1.0 - value * value)
        T[self._m] = across + slope * width * along
        out = x.copy()
        out[term.params] = term.structure.from_factor(whitening @ T)

        def pullback(by_x: np.ndarray, by_sigma: float) -> np.ndarray:
            by_T = whitening.T @ term.structure.factor(by_x[term.params])
            given = by_T[self._m].copy()
            by_across = given + slope * (given @ along) * across / width
            by_along = slope * width * given
            by_along -= (second @ along) * by_across + (by_across @ along) * second
            by_T[self._m] = by_across - (by_across @ along) * along
            by_T[self._k] += (by_along - (by_along @ along) * along) / length
            free = by_x.copy()
            inner = self._inverse.T @ by_T
            free[term.params] = term.structure.pullback(x[term.params], inner)
            return free

        return out, None, pullback


def variance_quantities(fit: LMMFit) -> list[Quantity]:
    """Deviations and correlations of each block, in the order of ``theta``, then sigma.

    Those of a singular block are left out, because their surfaces have corners, unless it is one
    variance: zero is then the end of its range.
    """
    out: list[Quantity] = []
    for position, term in enumerate(fit.parameters.terms):
        if position in fit.singular_blocks and term.size > 1:
            continue
        for m in range(term.size):
            out.append(EffectDeviation(term, m, fit.sigma))
            if fit.blocks[position].correlated:
                out.extend(EffectCorrelation(term, m, k) for k in range(m + 1, term.size))
    return [*out, ResidualDeviation()]
