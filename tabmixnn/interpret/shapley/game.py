"""The value of a coalition: the prediction with some features and random effects present."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret.shapley.background import Background
from tabmixnn.interpret.shapley.players import Feature, Player, active_effects
from tabmixnn.interpret.shapley.predictor import Predictor, outputs_of
from tabmixnn.interpret.shapley.rows import ColumnRows, FormulaRows

MAX_ROWS = 200_000
"""Rows predicted at once: explained rows times background rows."""


class Game:
    """``v(S)`` of n rows.

    Features in S have the row's values, the others those of the background, averaged with its
    weights; random effects in S are on, the others zero.

    Parameters
    ----------
    engine : Predictor
    rows : FormulaRows or ColumnRows
        The n rows.
    players : sequence of Feature and RandomEffect
    background : Background
    kind : {"response", "link"}
    """

    def __init__(
        self,
        engine: Predictor,
        rows: FormulaRows | ColumnRows,
        players: Sequence[Player],
        background: Background,
        kind: str,
    ) -> None:
        self.engine, self.rows, self.background, self.kind = engine, rows, background, kind
        self.players = list(players)
        self.is_feature = np.array([isinstance(player, Feature) for player in players], dtype=bool)
        self.n = len(rows.columns)

    def values(self, coalitions: np.ndarray) -> np.ndarray:
        """Return the values of some coalitions.

        Parameters
        ----------
        coalitions : ndarray of bool, shape (C, M)
            Which players are in each.

        Returns
        -------
        ndarray, shape (C, n, number of outputs)
        """
        features = coalitions[:, self.is_feature]
        subsets, member = np.unique(features, axis=0, return_inverse=True)
        found: dict[int, np.ndarray] = {}
        for number, present in enumerate(subsets):
            # Coalitions with the same features share their rows.
            own = np.flatnonzero(member.reshape(-1) == number)
            active = [self._active(coalitions[c]) for c in own]
            value = self._value(present, active)
            found.update(zip(own.tolist(), value, strict=True))
        return np.stack([found[c] for c in range(len(coalitions))])

    def _active(self, coalition: np.ndarray) -> list[np.ndarray]:
        on = [
            player
            for player, member, feature in zip(
                self.players, coalition, self.is_feature, strict=True
            )
            if member and not feature
        ]
        return active_effects(self.rows.frame, on)

    def _value(self, present: np.ndarray, active: list[list[np.ndarray]]) -> np.ndarray:
        """Return ``v`` for some sets of random effects, shape (len(active), n, outputs)."""
        if present.all():
            return np.stack([self._predict(self.rows.frame, on) for on in active])
        m = len(self.background)
        step = max(1, MAX_ROWS // m)
        starts = range(0, self.n, step)
        parts = [self._part(np.arange(s, min(s + step, self.n)), present, active) for s in starts]
        return np.concatenate(parts, axis=1)

    def _part(
        self, rows: np.ndarray, present: np.ndarray, active: list[list[np.ndarray]]
    ) -> np.ndarray:
        m = len(self.background)
        take = np.repeat(rows, m)
        frame = self.rows.mixed(
            mix(self.rows.columns, take, self.background.columns, len(rows), present), take
        )
        weights = self.background.weights(self.rows.columns.iloc[rows], present)
        out = []
        for on in active:
            predicted = self._predict(frame, on).reshape(len(rows), m, -1)
            out.append(np.einsum("nmo,nm->no", predicted, np.broadcast_to(weights, (len(rows), m))))
        return np.stack(out)

    def _predict(self, frame: Any, active: list[np.ndarray]) -> np.ndarray:
        return outputs_of(self.engine.predict_with(frame, active, self.kind))


def mix(
    rows: pd.DataFrame,
    take: np.ndarray,
    background: pd.DataFrame,
    times: int,
    present: np.ndarray,
) -> pd.DataFrame:
    """Return rows that have the present columns of some and the others of the background.

    Parameters
    ----------
    rows : DataFrame
    take : ndarray of int64, shape (times * m,)
        Positions among `rows`.
    background : DataFrame, m rows
    times : int
        How often the background is repeated.
    present : ndarray of bool, shape (number of columns,)
    """
    other = np.tile(np.arange(len(background)), times)
    sources = {True: (rows, take), False: (background, other)}
    columns = {}
    for name, is_present in zip(rows.columns, present.tolist(), strict=True):
        source, positions = sources[is_present]
        columns[name] = source[name].take(positions).reset_index(drop=True)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(take)))
