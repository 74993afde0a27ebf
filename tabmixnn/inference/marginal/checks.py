"""Checks of the arrays that every fit starts with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .conditions import DesignError
from .terms import Block, check_block


def check_arrays(
    X: np.ndarray,
    y: np.ndarray,
    blocks: Sequence[Block],
    weights: np.ndarray | None,
    offset: np.ndarray | None,
) -> None:
    """Refuse arrays that do not fit together or hold values that no model can use.

    Raises
    ------
    DesignError
        Names the array and what is wrong with it.
    """
    if not blocks:
        raise DesignError("a mixed model needs at least one random-effects term")
    check_rows(X, y, weights, offset)
    for block in blocks:
        check_block(block, len(y))


def check_rows(
    X: np.ndarray, y: np.ndarray, weights: np.ndarray | None, offset: np.ndarray | None
) -> None:
    """Refuse a fixed part whose arrays do not fit together or hold values no model can use.

    Raises
    ------
    DesignError
        Names the array and what is wrong with it.
    """
    n = len(y)
    if X.ndim != 2 or X.shape[0] != n:
        raise DesignError(f"X has shape {X.shape}, but the response has {n} rows")
    for name, values in (("the response", y), ("the fixed-effects design", X)):
        if not np.isfinite(values).all():
            raise DesignError(f"{name} holds missing or infinite values; drop or impute them")
    for name, values in (("weights", weights), ("offset", offset)):
        if values is None:
            continue
        if values.shape != (n,):
            raise DesignError(f"{name} has shape {values.shape}, but the response has {n} rows")
        if not np.isfinite(values).all():
            raise DesignError(f"{name} holds missing or infinite values")
    if weights is not None and weights.min() <= 0:
        row = int(np.argmin(weights))
        raise DesignError(
            f"weights must be positive, but row {row} has {weights[row]:g}; drop such rows"
        )
