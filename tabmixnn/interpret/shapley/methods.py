"""Ways to find Shapley values (eq. 58 of the paper): a function of a game each.

Each returns the values, shape (n, M, number of outputs), and the value of the empty coalition,
shape (number of outputs,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from math import comb
from typing import Any

import numpy as np

from tabmixnn.interpret.shapley.background import Interventional
from tabmixnn.interpret.shapley.game import Game, mix
from tabmixnn.interpret.shapley.players import Feature, active_effects

EXACT_PLAYERS = 10
"""Most players of whom ``"auto"`` looks at all coalitions."""
MOST_PLAYERS = 16
"""Most players of whom all coalitions can be looked at."""
BATCH = 64
"""Coalitions valued at once."""
PERMUTATIONS = 10

Found = tuple[np.ndarray, np.ndarray]


def is_closed_form(game: Game) -> bool:
    """Return whether the values of a game are known in closed form.

    They are if the predictions are additive, no term of the fixed part reads two columns, and
    absent features are independent of present ones.
    """
    return (
        isinstance(game.background, Interventional)
        and game.engine.is_additive(game.kind)
        and all(len(columns) <= 1 for columns in game.rows.reads)
    )


def closed_form(game: Game, seed: int) -> Found:
    """Return the values of an additive model: ``f_j(x_j) - E f_j(X_j)``, and ``z'u``.

    Raises
    ------
    ValueError
        If the model or the background is not of this kind.
    """
    if not is_closed_form(game):
        raise ValueError(
            "method='linear' needs predictions that are sums of terms of one column each and "
            "background='interventional'; use kind='link', or method='exact'."
        )
    rows, background = game.rows, game.background
    nobody = active_effects(rows.frame, [])
    out: list[np.ndarray] = []
    reference = np.zeros(1, dtype=np.int64)
    for number, player in enumerate(game.players):
        if isinstance(player, Feature):
            # What the other columns are cancels, so they are those of one background row.
            absent = np.ones(rows.columns.shape[1], dtype=bool)
            absent[number] = False
            one = background.columns.iloc[reference]
            pairs = []
            for source in (rows.columns, background.columns):
                take = np.arange(len(source))
                held = mix(one, np.zeros(len(source), dtype=np.int64), source, 1, absent)
                # Effects are off: whose groups the rows have does not matter.
                frame = rows.mixed(held, np.zeros_like(take))
                pairs.append(game._predict(frame, nobody))
            out.append(pairs[0] - background.share @ pairs[1])
        else:
            own = game._predict(rows.frame, active_effects(rows.frame, [player]))
            out.append(own - game._predict(rows.frame, nobody))
    base = _empty_value(game)
    return _stack(out, game.n, len(base)), base


def enumeration(game: Game, seed: int) -> Found:
    """Return the values by eq. 58 as it is printed: over all 2^M coalitions.

    Raises
    ------
    ValueError
        If there are too many players for that.
    """
    n_players = len(game.players)
    if n_players > MOST_PLAYERS:
        raise ValueError(
            f"method='exact' looks at 2^M coalitions, and this model has M = {n_players} players "
            f"(at most {MOST_PLAYERS}); use method='permutation'."
        )
    every = list(product([False, True], repeat=n_players))
    coalitions = np.array(every, dtype=bool).reshape(-1, n_players)
    orders = np.array([1.0 / (n_players * comb(n_players - 1, s)) for s in range(n_players)])
    size = coalitions.sum(axis=1)
    joined, left = np.append(0.0, orders)[size], np.append(orders, 0.0)[size]
    return _combine(game, coalitions, np.where(coalitions, joined[:, None], -left[:, None]))


def permutation(game: Game, seed: int) -> Found:
    """Return the values by players joining in random orders, each walked there and back.

    Walking back makes the values exact where no more than two players interact. What
    ``shap.PermutationExplainer`` does for one row, for all rows at once, and without the 20
    seconds that it compiles for.
    """
    n_players, rng = len(game.players), np.random.default_rng(seed)
    orders = np.array([rng.permutation(n_players) for _ in range(PERMUTATIONS)])
    walks = np.concatenate([orders, orders[:, ::-1]])
    # After p steps of a walk its first p players have joined.
    place = np.argsort(walks, axis=1)
    steps = np.arange(n_players + 1)
    joined = (place[:, None, :] < steps[:, None]).reshape(-1, n_players)
    just, next_ = place[:, None, :] == steps[:, None] - 1, place[:, None, :] == steps[:, None]
    change = (just.astype(float) - next_.astype(float)).reshape(-1, n_players) / len(walks)
    coalitions, member = np.unique(joined, axis=0, return_inverse=True)
    factors = np.zeros(coalitions.shape)
    np.add.at(factors, member.reshape(-1), change)
    return _combine(game, coalitions, factors)


def _combine(game: Game, coalitions: np.ndarray, factors: np.ndarray) -> Found:
    """Return the values as weighted sums over coalitions, of which the first is empty.

    Parameters
    ----------
    game : Game
    coalitions : ndarray of bool, shape (C, M)
    factors : ndarray, shape (C, M)
        How much the value of each coalition counts for each player.
    """
    total: np.ndarray | float = 0.0
    base = np.zeros(0)
    for start in range(0, len(coalitions), BATCH):
        batch = slice(start, start + BATCH)
        values = game.values(coalitions[batch])
        if start == 0:
            base = _common(values[0])
        total = total + np.einsum("cm,cno->nmo", factors[batch], values)
    return np.asarray(total), base


def kernel(game: Game, seed: int) -> Found:
    """Return the values by ``shap.KernelExplainer``: weighted least squares on coalitions.

    To the explainer the players are 0/1 inputs, and all rows and outputs are outputs of one call.

    Raises
    ------
    ImportError
        If shap is not installed.
    """
    shap = _import_shap()
    n_players = len(game.players)

    def flat(joined: np.ndarray) -> np.ndarray:
        values = game.values(np.asarray(joined) > 0.5)
        return values.reshape(len(values), -1)

    explainer = shap.KernelExplainer(flat, np.zeros((1, n_players)))
    with _own_random_state(seed):
        values = explainer.shap_values(np.ones((1, n_players)), silent=True, l1_reg=False)[0]
    base = np.asarray(explainer.expected_value).reshape(game.n, -1)
    out = np.asarray(values).reshape(n_players, *base.shape).transpose(1, 0, 2)
    return out, _common(base)


def _common(values: np.ndarray) -> np.ndarray:
    """Return the value of the empty coalition, which all rows, shape (n, outputs), must share."""
    if np.ptp(values, axis=0).max(initial=0.0) > 1e-6 * max(1.0, np.abs(values).max(initial=0.0)):
        raise RuntimeError(
            "Predictions still differ between rows when all players are absent: the model reads "
            "columns that are no players, so the values would not add up."
        )
    return values.mean(axis=0)


def _empty_value(game: Game) -> np.ndarray:
    frame = game.rows.mixed(game.background.columns, np.zeros(len(game.background), dtype=np.int64))
    return game.background.share @ game._predict(frame, active_effects(game.rows.frame, []))


def _stack(parts: list[np.ndarray], n: int, n_outputs: int) -> np.ndarray:
    return np.stack(parts, axis=1) if parts else np.zeros((n, 0, n_outputs))


@contextmanager
def _own_random_state(seed: int) -> Iterator[None]:
    """Shap draws from numpy's global generator: seed it, and put it back afterwards."""
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


def _import_shap() -> Any:
    try:
        import shap
    except ImportError as error:
        raise ImportError(
            "method='kernel' needs the package shap, which is not installed: "
            "pip install 'tabmixnn[shap]'. The other methods do without it."
        ) from error
    return shap


METHODS: dict[str, Callable[[Game, int], Found]] = {
    "linear": closed_form,
    "exact": enumeration,
    "permutation": permutation,
    "kernel": kernel,
}


def choose_method(game: Game) -> str:
    """Return what ``method="auto"`` stands for: the first that is exact and affordable."""
    if is_closed_form(game):
        return "linear"
    return "exact" if len(game.players) <= EXACT_PLAYERS else "permutation"
