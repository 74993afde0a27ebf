"""Times: how far they are apart, and that it has to be a whole number of units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .context import Context
from .errors import PositionError

ROUNDING = 1e-9
LEAST = 0.01
"""Autocorrelation over a typical gap that a search starts with at least, and its distance from one:
over a gap of many units that of a small one is zero to rounding, and so is its slope."""


def median_gap(context: Context, columns: str | Sequence[str] | None) -> float:
    """Return the median distance between neighbours in time, one where there are none.

    Parameters
    ----------
    context : Context
    columns : str or sequence of str, optional
        Those with the times; without any the order is time.
    """
    names = [columns] if isinstance(columns, str) else list(columns or ())
    times = context.values(names) if names else context.order()
    gaps = context.gaps(times) if times.ndim == 1 else np.zeros(0)
    gaps = gaps[gaps > 0.0]
    if not len(gaps):
        return 1.0
    gap = float(np.median(gaps))
    return float(round(gap)) if abs(gap - round(gap)) <= ROUNDING * gap else gap


def start_over(gap: float, rho: float) -> float:
    """Return the size that the start value of an autocorrelation over one unit has over `gap`.

    Where that is no unit it stays `LEAST` away from zero and one.
    """
    size = abs(rho) ** gap
    return size if gap == 1.0 else float(np.clip(size, LEAST, 1.0 - LEAST))


def start_value(gap: float, rho: float) -> float:
    """Return an autocorrelation over one unit that is told by times `gap` units apart."""
    size = start_over(gap, rho)
    return rho if size == abs(rho) ** gap else float(np.copysign(size ** (1.0 / gap), rho))


def refuse_parts_of_a_unit(
    times: np.ndarray, where: str, structure: str, otherwise: str = ""
) -> None:
    """Raise :class:`PositionError` when times are not a whole number of units apart.

    Parameters
    ----------
    times : ndarray of shape (s,)
    where, structure : str
        Which group and which structure, for the message.
    otherwise : str
        What to do, for the end of the message.
    """
    if _has_parts(np.diff(np.sort(times))).any():
        raise PositionError(_needs(where, structure) + otherwise)


def refuse_new_parts_of_a_unit(
    known: np.ndarray,
    new: np.ndarray,
    labels: Sequence[str],
    where: str,
    structure: str,
    otherwise: str = "",
) -> None:
    """Raise :class:`PositionError` when a new time is not a whole number of units from the known.

    Parameters
    ----------
    known : ndarray of shape (s,)
        A whole number of units apart.
    new : ndarray of shape (m,)
    labels : sequence of str of length m
        What stands at the new ones, for the message.
    where, structure, otherwise : str
        As in `refuse_parts_of_a_unit`.
    """
    between = np.flatnonzero(_has_parts(new[:, None] - known).all(axis=1))
    if len(between):
        time, label = new[between[0]], labels[between[0]]
        raise PositionError(
            f"{_needs(where, structure)}, and {time:.10g} of {label} is not one of them{otherwise}"
        )


def _has_parts(gaps: np.ndarray) -> np.ndarray:
    return np.abs(gaps - np.round(gaps)) > ROUNDING


def _needs(where: str, structure: str) -> str:
    return f"{where}: {structure} needs times a whole number of units apart"
