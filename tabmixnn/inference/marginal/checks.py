"""Checks of the arrays that every fit starts with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .conditions import DesignError, IdentifiabilityError
from .names import listed
from .terms import Block


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


def check_block(block: Block, n: int) -> None:
    """Refuse a block that does not fit the data.

    Raises
    ------
    DesignError
        Wrong shapes, levels unseen, non-finite values, or a factor with a single level.
    """
    name = f"({listed(block.names, ' + ')} | {block.group})"
    codes, Z = np.asarray(block.codes), np.asarray(block.Z)
    if codes.shape != (n,) or Z.ndim != 2 or Z.shape[0] != n:
        raise DesignError(
            f"term {name} has codes {codes.shape} and Z {Z.shape}, but the response has {n} rows"
        )
    if n and (codes.min() < 0 or codes.max() >= len(block.levels)):
        raise DesignError(
            f"grouping factor '{block.group}' has rows outside its {len(block.levels)} levels; "
            "drop these rows or refit the design on them"
        )
    if not np.isfinite(Z).all():
        raise DesignError(f"the columns of term {name} hold missing or infinite values")
    check_levels(block)


def check_levels(block: Block) -> None:
    """Refuse a factor with a single level.

    Raises
    ------
    DesignError
        Names the factor.
    """
    if len(block.levels) < 2:
        name = f"({listed(block.names, ' + ')} | {block.group})"
        raise DesignError(
            f"grouping factors must have > 1 sampled level; '{block.group}' has only one: leave "
            f"the term {name} out"
        )


def check_counts(blocks: Sequence[Block], n: int) -> None:
    """Refuse terms that leave no information for the residual variance, as lme4 does.

    Raises
    ------
    IdentifiabilityError
        Some term has at least ``n`` random effects.
    """
    for block in blocks:
        n_effects = len(block.levels) * np.shape(block.Z)[1]
        if n <= n_effects:
            name = f"{listed(block.names, ' + ')} | {block.group}"
            raise IdentifiabilityError(
                f"number of observations (={n}) <= number of random effects (={n_effects}) for "
                f"term ({name}); the random-effects parameters and the residual variance are "
                "probably unidentifiable: leave the term out, or give it fewer effects or a "
                "coarser group"
            )
