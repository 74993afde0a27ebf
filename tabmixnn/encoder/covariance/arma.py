"""Autoregressive moving averages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .base import Correlation, refuse_repeated
from .context import Context
from .domains import Interval
from .errors import ParameterError
from .times import median_gap, refuse_new_parts_of_a_unit, refuse_parts_of_a_unit, start_value

COMPLEX_STEP = 1e-30
"""Step of the complex-step derivative: exact to rounding, since nothing is subtracted."""


def from_partial(partial: np.ndarray) -> np.ndarray:
    """Autoregressive coefficients of partial autocorrelations (Durbin-Levinson).

    Partial autocorrelations in (-1, 1) give exactly the stationary coefficients
    (Barndorff-Nielsen and Schou 1973; Monahan 1984).

    Parameters
    ----------
    partial : ndarray of shape (p,)

    Returns
    -------
    ndarray of shape (p,)
    """
    out = np.zeros(0, dtype=partial.dtype)
    for value in partial:
        out = np.append(out - value * out[::-1], value)
    return out


def to_partial(coefficients: np.ndarray) -> np.ndarray:
    """Partial autocorrelations of autoregressive coefficients, the inverse of `from_partial`.

    They lie outside (-1, 1) where the process is not stationary.
    """
    work, out = np.array(coefficients, dtype=float), []
    while len(work):
        last = work[-1]
        out.append(last)
        if abs(last) >= 1.0:
            return np.full(len(coefficients), np.inf)
        work = (work[:-1] + last * work[-2::-1]) / (1.0 - last**2) if len(work) > 1 else work[:0]
    return np.array(out[::-1])


def autocorrelation(phi: np.ndarray, theta: np.ndarray, n_lags: int) -> np.ndarray:
    """Autocorrelation at lags ``0, ..., n_lags`` of eq. 11.

    Solves the Yule-Walker equations for the first lags and continues by the recursion
    (Brockwell and Davis 1991, section 3.3). Complex coefficients pass through, for derivatives.

    Parameters
    ----------
    phi : ndarray of shape (p,)
    theta : ndarray of shape (q,)

    Returns
    -------
    ndarray of shape (n_lags + 1,)
    """
    p, q = len(phi), len(theta)
    kind = np.result_type(phi, theta, float)
    ma = np.append(np.ones(1), theta).astype(kind)
    psi = np.zeros(q + 1, dtype=kind)
    for j in range(q + 1):
        psi[j] = ma[j] + sum(phi[i] * psi[j - 1 - i] for i in range(min(p, j)))
    right = np.zeros(max(p, q, n_lags) + 1, dtype=kind)
    for k in range(q + 1):
        right[k] = ma[k:] @ psi[: q + 1 - k]
    system = np.eye(p + 1, dtype=kind)
    for k in range(p + 1):
        for i in range(p):
            system[k, abs(k - 1 - i)] -= phi[i]
    gamma = np.zeros(len(right), dtype=kind)
    gamma[: p + 1] = np.linalg.solve(system, right[: p + 1])
    for k in range(p + 1, len(gamma)):
        gamma[k] = phi @ gamma[k - p : k][::-1] + right[k]
    return gamma[: n_lags + 1] / gamma[0]


class ARMA(Correlation):
    """Autoregressive moving average of order (p, q) (eq. 11); positions are times.

    The parameters are partial autocorrelations of both polynomials, so that every point of the
    domain is stationary and invertible. They are reported as ``phi`` and ``theta``.

    Parameters
    ----------
    p, q : int
        Orders, not both zero.
    phi : sequence of float of length p, optional
        Start values of the autoregressive coefficients; unless given the first is that of an
        autocorrelation of 0.3 over `gap`, the others are zero. Where `gap` is no unit the first
        partial autocorrelation starts such that its power over it is at least 0.01.
    theta : sequence of float of length q, optional
        Start values of the moving-average coefficients; 0.1 at lag one unless given.
    gap : float
        How far times typically are apart.
    hold : iterable of str
        Held parameters, by the names ``pacf1, ...`` and ``mapacf1, ...``.

    Raises
    ------
    ParameterError
        Orders that make no process, coefficients of the wrong number, not stationary or not
        invertible.
    """

    type = "ARMA"
    keys = ("p", "q", "phi", "theta", "time_col")
    default_column = "time_col"

    @classmethod
    def from_map(cls, entry: dict[str, Any], context: Context) -> ARMA:
        """Orders from ``p`` and ``q``, or from the numbers of ``phi`` and ``theta``.

        The gap is the median one between neighbours in time. Coefficients of a ``pacf1`` that is
        held but not given are those of 0.3.
        """
        phi, theta = entry.get("phi"), entry.get("theta")
        return cls(
            entry.get("p", 1 if phi is None else np.size(phi)),
            entry.get("q", 1 if theta is None else np.size(theta)),
            phi=phi,
            theta=theta,
            gap=median_gap(context, entry.get("time_col")),
            hold=entry.get("hold", ()),
        )

    @classmethod
    def example(cls, size: int, rng: np.random.Generator) -> tuple[ARMA, np.ndarray]:
        """Second order in both parts, times with gaps."""
        structure = cls(2, 2, phi=[0.4, 0.2], theta=[0.3, -0.1])
        return structure, rng.permutation(3 * size)[:size].astype(float)

    def __init__(
        self,
        p: int = 1,
        q: int = 1,
        *,
        phi: Sequence[float] | None = None,
        theta: Sequence[float] | None = None,
        gap: float = 1.0,
        hold: Iterable[str] = (),
    ) -> None:
        for name, order in (("p", p), ("q", q)):
            if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or order < 0:
                raise ParameterError(f"{name} of ARMA must be a whole number >= 0, not {order!r}")
        if p + q == 0:
            raise ParameterError("ARMA(0, 0) has no correlation; use IID")
        self.p, self.q = int(p), int(q)
        ar = to_partial(_coefficients("phi", self.p, phi, 0.3))
        # theta enters with a plus sign, so the moving average is an autoregression in -theta.
        ma = to_partial(-_coefficients("theta", self.q, theta, 0.1))
        if (np.abs(ar) >= 1).any():
            raise ParameterError(f"phi={list(phi)} of ARMA is not stationary")
        if (np.abs(ma) >= 1).any():
            raise ParameterError(f"theta={list(theta)} of ARMA is not invertible")
        domains = {f"pacf{i + 1}": Interval() for i in range(self.p)}
        domains |= {f"mapacf{i + 1}": Interval() for i in range(self.q)}
        super().__init__(domains, np.concatenate([ar, ma]), hold)
        self.gap = gap
        if self.p and 0 in self.free:
            first = self.initial[0]
            self.initial[0] = first ** (1.0 / gap) if phi is None else start_value(gap, first)

    def at_edge(self, params: np.ndarray) -> np.ndarray:
        """Of the first partial autocorrelation, an autocorrelation over one unit, that over `gap`.

        Of the others, whether they are near the ends themselves.
        """
        out, first = super().at_edge(params), self.values(params)[0]
        if self.p and 0 in self.free:
            out[0] = self.domains["pacf1"].at_edge(np.copysign(abs(first) ** self.gap, first))
        return out

    def coefficients(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """``phi (p,)`` and ``theta (q,)`` at partial autocorrelations ``values (p + q,)``."""
        return from_partial(values[: self.p]), -from_partial(values[self.p :])

    def natural(self, params: np.ndarray) -> dict[str, float]:
        """``phi1, ..., theta1, ...``."""
        phi, theta = self.coefficients(self.values(params))
        out = {f"phi{i + 1}": float(v) for i, v in enumerate(phi)}
        return out | {f"theta{i + 1}": float(v) for i, v in enumerate(theta)}

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Refuse repeated times, and gaps of parts of a unit."""
        refuse_repeated(positions, labels, where, "time")
        refuse_parts_of_a_unit(positions, where, self.type)

    def check_new(
        self, known: np.ndarray, new: np.ndarray, labels: Sequence[str], where: str
    ) -> None:
        """Refuse gaps of parts of a unit."""
        refuse_new_parts_of_a_unit(known, new, labels, where, self.type)

    def between(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Autocorrelation at the lags."""
        lag = _lags(left, right)
        return autocorrelation(*self.coefficients(values), int(lag.max(initial=0)))[lag]

    def slopes(self, values: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Complex-step derivatives of the autocorrelation at the lags."""
        lag = _lags(left, right)
        longest, out = int(lag.max(initial=0)), []
        for k in range(len(values)):
            moved = values.astype(complex)
            moved[k] += 1j * COMPLEX_STEP
            out.append(autocorrelation(*self.coefficients(moved), longest).imag / COMPLEX_STEP)
        return np.array(out)[:, lag]


def _lags(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.abs(np.round(left[..., :, None] - right[..., None, :])).astype(np.int64)


def _coefficients(name: str, order: int, given: Sequence[float] | None, first: float) -> np.ndarray:
    if given is None:
        return np.array([first, *[0.0] * (order - 1)][:order])
    out = np.atleast_1d(np.asarray(given, dtype=float))
    if out.shape != (order,):
        raise ParameterError(f"{name} of ARMA must hold {order} numbers, not {out.size}")
    return out
