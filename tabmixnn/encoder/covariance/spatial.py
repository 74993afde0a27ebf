"""What every structure on coordinates shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base import Correlation, refuse_repeated
from .context import Context
from .errors import PositionError


def distances(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Euclidean distances ``(..., a, b)`` of ``(..., a, dim)`` and ``(..., b, dim)``."""
    total = np.zeros((*np.broadcast_shapes(left.shape[:-2], right.shape[:-2]), 1, 1))
    for k in range(left.shape[-1]):
        # By coordinate: exact zeros for equal points, unlike |a|^2 - 2ab + |b|^2.
        total = total + (left[..., :, None, k] - right[..., None, :, k]) ** 2
    return np.sqrt(total)


def coordinates(entry: dict[str, Any], context: Context) -> np.ndarray:
    """Places of a context's subjects, ``(s, dim)``, from an entry of ``cov_struct_map``.

    Raises
    ------
    PositionError
        No columns are named, or they cannot be used; see :meth:`Context.values`.
    """
    if "coordinates_col" not in entry:
        raise PositionError(
            f"the {entry.get('type', 'spatial')} structure over '{context.group}' needs "
            "'coordinates_col': a column of coordinates, or a list of columns"
        )
    columns = entry["coordinates_col"]
    places = context.values([columns] if isinstance(columns, str) else list(columns))
    return np.reshape(places, (len(places), -1))


class Spatial(Correlation):
    """A correlation of coordinates; positions are vectors."""

    vector_positions = True
    default_column = "coordinates_col"

    def check(self, positions: np.ndarray, labels: Sequence[str], where: str) -> None:
        """Refuse missing and repeated coordinates."""
        missing = np.flatnonzero(~np.isfinite(positions).all(axis=1))
        if len(missing):
            raise PositionError(f"{where}: the coordinates of {labels[missing[0]]} are missing")
        refuse_repeated(positions, labels, where, "the place")
