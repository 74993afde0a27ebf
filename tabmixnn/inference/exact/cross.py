"""Scores for conformal intervals from the training rows of an exact fit, by leaving rows out."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from tabmixnn.formula.stored_frame import StoredFrame, stored
from tabmixnn.predictive import Calibration

FOLDS = 10
SEED = 0


def cross_calibration(engine: Any) -> Calibration:
    """Return the scores of rows left out in tenths, and of groups left out whole in tenths.

    The groups are those of the factor with the fewest levels, so that factors nested in it are
    new too.

    Parameters
    ----------
    engine : MarginalEngine

    Raises
    ------
    ValueError
        If levels or residuals are correlated, so that rows cannot be left out of the structure.
    """
    if engine.effects.is_structured:
        raise ValueError(
            "Conformal intervals of a model with covariance structures need rows that it was not "
            "fitted to; give some to calibrate() first."
        )
    rng = np.random.default_rng(SEED)
    n, blocks = engine.result.n, engine.frame.blocks
    parts = [_left_out(engine, rng.permutation(n) % FOLDS)]
    if blocks:
        codes = min(blocks, key=lambda block: len(block.levels)).codes
        n_levels = int(codes.max()) + 1
        if n_levels < 3:
            # Nothing is left to tell groups apart by when one of two is gone.
            return Calibration(parts[0].known, np.zeros(0))
        parts.append(_left_out(engine, (rng.permutation(n_levels) % min(FOLDS, n_levels))[codes]))
    return Calibration(parts[0].known, parts[-1].new)


def _left_out(engine: Any, folds: np.ndarray) -> Calibration:
    found = []
    for fold in range(int(folds.max()) + 1):
        train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        if len(held):
            found.append(_scores(engine, train, held))
    return Calibration(
        np.concatenate([each.known for each in found]), np.concatenate([each.new for each in found])
    )


def _scores(engine: Any, train: np.ndarray, held: np.ndarray) -> Calibration:
    weights = None if engine.weights is None else engine.weights[train]
    again = type(engine)(engine.options)
    with warnings.catch_warnings():
        # Whoever fitted the whole was warned; a part may be singular where it is not.
        warnings.simplefilter("ignore")
        again.fit(
            engine.design, take_rows(engine, train), engine.y[train], engine.family, 0, weights
        )
    frame = take_rows(engine, held, known=train)
    # A score is in units of its own row's spread, so that it is the same for rows of any weight.
    own = engine.weights[held] if engine.is_linear and engine.weights is not None else None
    found = again.predictive(frame, "all", weights=own)
    is_new = np.zeros(len(held), dtype=bool)
    for block in frame.blocks:
        is_new |= block.codes < 0
    mean = again.predict(frame, "all", "response")
    return Calibration.of(engine.y[held], mean, found.std, is_new)


def take_rows(engine: Any, rows: np.ndarray, known: np.ndarray | None = None) -> StoredFrame:
    """Return some training rows, with the levels that they or the rows `known` have."""
    frame = stored(engine.frame)
    blocks = []
    for block in frame.blocks:
        present = np.unique(block.codes[rows if known is None else known])
        place = np.full(len(block.levels), -1)
        place[present] = np.arange(len(present))
        blocks.append(
            replace(
                block, codes=place[block.codes[rows]], levels=block.levels[present], Z=block.Z[rows]
            )
        )
    if not isinstance(frame, StoredFrame):
        return replace(frame, cont=frame.cont[rows], cat=frame.cat[rows], offset=frame.offset[rows])
    return StoredFrame(
        frame.X[rows],
        frame.cont_columns,
        frame.cat[rows],
        frame.offset[rows],
        blocks,
        frame.index[rows],
        np.arange(len(rows)),
    )
