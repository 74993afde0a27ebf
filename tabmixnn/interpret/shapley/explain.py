"""From a fitted model and rows to an `Explanation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tabmixnn.interpret.shapley.background import BACKGROUNDS, distinct_rows, thin
from tabmixnn.interpret.shapley.explanation import Explanation
from tabmixnn.interpret.shapley.game import Game
from tabmixnn.interpret.shapley.methods import METHODS, choose_method, closed_form, is_closed_form
from tabmixnn.interpret.shapley.players import Feature, Player, merged, random_players
from tabmixnn.interpret.shapley.predictor import (
    Predictor,
    WholeEffects,
    outputs_of,
    splits_effects,
)
from tabmixnn.interpret.shapley.rows import rows_of
from tabmixnn.option_checks import choice, whole

RANDOM_EFFECTS = {"groups": False, "terms": True}
"""Whether each term of a group's random effects is a player, by ``random_effects``."""
KINDS = ("link", "response")


@dataclass(frozen=True)
class Question:
    """How to explain predictions.

    Parameters
    ----------
    kind : {"link", "response"}
    background : {"interventional", "conditional"}
    random_effects : {"groups", "terms"}
    method : {"auto", "linear", "exact", "permutation", "kernel"}
    n_background : int
        Distinct background rows beyond which this many are drawn.
    seed : int
        Decides which, and the orders of ``"permutation"``.

    Raises
    ------
    ValueError
        Naming the option that has a value it cannot have.
    """

    kind: str = "link"
    background: str = "interventional"
    random_effects: str = "groups"
    method: str = "auto"
    n_background: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        for option, valid in (
            ("kind", KINDS),
            ("background", BACKGROUNDS),
            ("random_effects", RANDOM_EFFECTS),
            ("method", ("auto", *METHODS)),
        ):
            choice(option, getattr(self, option), valid)
        whole("n_background", self.n_background, at_least=1)
        whole("seed", self.seed, at_least=0)


def explain(
    engine: Any,
    design: Any,
    frame: Any,
    data: Any,
    background: pd.DataFrame | None,
    question: Question,
    name_outputs: Any,
) -> Explanation:
    """Explain the predictions of n rows.

    Parameters
    ----------
    engine : Predictor, or any engine with ``predict``
    design : Design or ColumnDesign
    frame : ModelFrame or ColumnFrame
        Of the rows.
    data : DataFrame or array, n rows
    background : DataFrame or None
        Rows that absent features are taken from; None for those of `data`.
    question : Question
    name_outputs : callable
        From an engine's prediction to the names of its outputs.
    """
    features = engine.feature_columns(design) if hasattr(engine, "feature_columns") else None
    rows = rows_of(design, frame, data, features)
    source = rows.columns
    if background is not None:
        source = rows_of(design, frame, background, features).columns
    split = RANDOM_EFFECTS[question.random_effects]
    effects = random_players(design, frame, data, list(rows.columns), split=split)
    predictor: Predictor = engine
    if not splits_effects(engine):
        if split:
            raise ValueError(
                "This model's random effects are explained together; use random_effects='groups'."
            )
        predictor, effects = WholeEffects(engine), merged(effects)
    players: list[Player] = [*(Feature(name) for name in rows.columns), *effects]

    def game(columns: pd.DataFrame) -> Game:
        distinct = BACKGROUNDS[question.background](*distinct_rows(columns))
        return Game(predictor, rows, players, distinct, question.kind)

    # A closed form is cheap enough for the whole background.
    played = game(source)
    method = choose_method(played) if question.method == "auto" else question.method
    if METHODS[method] is not closed_form or not is_closed_form(played):
        played = game(thin(source, question.n_background, question.seed))
    values, base = METHODS[method](played, question.seed)
    found = engine.predict(frame, "all", question.kind)
    return Explanation(
        values=values,
        base=base,
        prediction=outputs_of(found),
        players=players,
        outputs=name_outputs(found),
        columns=rows.columns,
        levels={block.group: _levels(block) for block in frame.blocks},
        kind=question.kind,
        background=question.background,
        method=method,
    )


def _levels(block: Any) -> np.ndarray:
    known = np.append(np.asarray(block.levels, dtype=object), None)
    return known[block.codes]
