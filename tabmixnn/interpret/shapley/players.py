"""Who plays: columns of the fixed part, and the random effects of groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.formula.reads import effect_terms
from tabmixnn.interpret.names import told_apart


@dataclass(frozen=True)
class Feature:
    """A column of the data, in the fixed part.

    Absent, its value is that of a background row, wherever the fixed part reads it.
    """

    name: str

    @property
    def label(self) -> str:
        """What tables and figures call it."""
        return self.name

    @property
    def columns(self) -> frozenset[str]:
        """The columns whose change the player stands for."""
        return frozenset([self.name])


@dataclass(frozen=True)
class RandomEffect:
    """All effects of a grouping factor, or those of one term of its bars.

    Present, the effects are what the model estimated for the row's group; absent, they are zero.
    The values that multiply them (``z``) are the row's own either way.

    Attributes
    ----------
    label : str
        What tables and figures call it: ``"g"``, or ``"x | g"`` for one term.
    group : str
    columns : frozenset of str
        The columns that one term's slopes belong to.
    effects : tuple of pairs of int
        Position of the block, position of the effect in it.
    """

    label: str
    group: str
    columns: frozenset[str]
    effects: tuple[tuple[int, int], ...]


Player = Feature | RandomEffect


def random_players(
    design: Any, frame: Any, data: pd.DataFrame, taken: Sequence[str], *, split: bool
) -> list[RandomEffect]:
    """Return the random effects of a model as players.

    Parameters
    ----------
    design : Design
    frame : ModelFrame
        Of `data`.
    data : DataFrame
    taken : sequence of str
        Names of the features: a group that is one of them too goes by ``"(g)"``.
    split : bool
        Whether every term of a group is a player, or the group is.
    """
    if not frame.blocks:
        return []
    members: dict[tuple[str, str], list[tuple[int, int]]] = {}
    columns: dict[tuple[str, str], frozenset[str]] = {}
    for position, (block, terms) in enumerate(
        zip(frame.blocks, effect_terms(design, data), strict=True)
    ):
        for term in terms:
            name = told_apart(block.group, taken)
            key = (block.group, f"{term.label} | {block.group}" if split else name)
            members.setdefault(key, []).extend((position, effect) for effect in term.effects)
            columns[key] = columns.get(key, frozenset()) | term.columns
    return [
        RandomEffect(label, group, columns[group, label] if split else frozenset(), tuple(effects))
        for (group, label), effects in members.items()
    ]


def merged(players: Sequence[RandomEffect]) -> list[RandomEffect]:
    """Return all random effects as one player, for engines that cannot tell them apart."""
    if len(players) < 2:
        return list(players)
    label = " + ".join(dict.fromkeys(player.label for player in players))
    effects = tuple(effect for player in players for effect in player.effects)
    return [RandomEffect(label, label, frozenset(), effects)]


def active_effects(frame: Any, players: Sequence[RandomEffect]) -> list[np.ndarray]:
    """Return which effects of a frame's blocks some players switch on: bools, one array a block."""
    active = [np.zeros(block.Z.shape[1], dtype=bool) for block in frame.blocks]
    for player in players:
        for block, effect in player.effects:
            active[block][effect] = True
    return active
