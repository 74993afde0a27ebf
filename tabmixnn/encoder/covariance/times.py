"""Times that have to be a whole number of units apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .errors import PositionError

ROUNDING = 1e-9


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
