"""How boosted trees find their settings and their number: by inner validation, stopped early."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.adapters.base import Adapter
from tabmixbench.adapters.deadline import Deadline
from tabmixbench.adapters.inner import inner_folds

DRAWS = 8
"""Known groups over which a validation row of an unseen group is averaged."""


@dataclass(frozen=True)
class InnerFold:
    """Rows to fit to, and rows to validate on.

    Attributes
    ----------
    X, y : DataFrame, ndarray
        Rows to fit to.
    held_out, target : DataFrame, ndarray
        `draws` copies of the n rows to validate on, each with ids of other known groups where
        its own are not among the rows to fit to.
    draws : int
    binary : bool
    """

    X: pd.DataFrame
    y: np.ndarray
    held_out: pd.DataFrame
    target: np.ndarray
    draws: int
    binary: bool

    def loss(self, target: np.ndarray, prediction: np.ndarray) -> float:
        """Mean squared error, or log-loss, of the predictions averaged over the copies."""
        y = target.reshape(self.draws, -1)[0]
        mean = prediction.reshape(self.draws, -1).mean(axis=0)
        if not self.binary:
            return float(np.mean((y - mean) ** 2))
        mean = np.clip(mean, 1e-7, 1 - 1e-7)
        return float(-np.mean(np.where(y > 0, np.log(mean), np.log1p(-mean))))


Trained = Callable[[Mapping[str, Any], InnerFold], tuple[float, int]]


@dataclass(frozen=True)
class Tuning:
    """What there is to choose from, and by which folds.

    Attributes
    ----------
    choices : mapping of str to list
        Values of each setting; all combinations are tried.
    patience : int
        Trees without a better inner loss after which a fit stops.
    folds, one_from : int
        Inner folds, and the rows from which on one of them is enough.
    """

    choices: Mapping[str, Sequence[Any]]
    patience: int
    folds: int
    one_from: int

    def best(
        self,
        model: Adapter,
        frame: pd.DataFrame,
        train: pd.DataFrame,
        stopped_early: Trained,
        deadline: Deadline,
    ) -> dict[str, Any]:
        """Return the settings of least mean loss, with ``n_estimators``, the mean number of trees.

        Parameters
        ----------
        model : Adapter
        frame : DataFrame
            The training rows as trees take them.
        train : DataFrame
            The training rows.
        stopped_early : callable
            Settings and an inner fold -> its loss, and the number of trees that gives it.
        deadline : Deadline
        """
        folds = list(self._folds(model, frame, train))
        tried = []
        for values in product(*self.choices.values()):
            settings = dict(zip(self.choices, values, strict=True))
            found = []
            for fold in folds:
                found.append(stopped_early(settings, fold))
                deadline.check()
            loss, trees = np.mean(found, axis=0)
            tried.append((loss, {**settings, "n_estimators": max(1, round(trees))}))
        return min(tried, key=lambda each: each[0])[1]

    def _folds(
        self, model: Adapter, frame: pd.DataFrame, train: pd.DataFrame
    ) -> Iterator[InnerFold]:
        y = train[model.dataset.target].to_numpy()
        pairs = inner_folds(
            y,
            binary=model.is_binary,
            folds=self.folds,
            one_from=self.one_from,
            seed=model.seed,
            groups=model.left_out_groups(train),
        )
        ids = [name for name in model.dataset.groups if name in frame]
        rng = np.random.default_rng(model.seed)
        for fitting, validation in pairs:
            X, rest = frame.iloc[fitting], frame.iloc[validation]
            copies = _with_known_ids(rest, X[ids], rng)
            target = np.tile(y[validation], len(copies))
            held_out = pd.concat(copies, ignore_index=True)
            yield InnerFold(X, y[fitting], held_out, target, len(copies), model.is_binary)


class Tuned(Adapter):
    """Boosted trees whose settings are chosen for the training rows: beside an adapter of such.

    Attributes
    ----------
    _tuning : Tuning
    _max_seconds : float
        Time cap of a fit, inner folds included.
    """

    _tuning: Tuning
    _max_seconds: float

    @abstractmethod
    def _stopped_early(self, booster: Mapping[str, Any], fold: InnerFold) -> tuple[float, int]:
        """Return the loss on an inner fold, and the number of trees that gives it."""

    def _chosen(self, frame: pd.DataFrame, train: pd.DataFrame) -> dict[str, Any]:
        booster = super()._chosen(frame, train)
        deadline = Deadline(self._max_seconds, type(self).__name__)

        def stopped_early(settings: Mapping[str, Any], fold: InnerFold) -> tuple[float, int]:
            return self._stopped_early({**booster, **settings}, fold)

        return {**booster, **self._tuning.best(self, frame, train, stopped_early, deadline)}

    def settings(self) -> dict[str, Any]:
        """Add what there was to choose from (see `Adapter.settings`)."""
        return {**super().settings(), **vars(self._tuning), "max_seconds": self._max_seconds}


def _with_known_ids(
    rows: pd.DataFrame, known: pd.DataFrame, rng: np.random.Generator
) -> list[pd.DataFrame]:
    """Return copies of the rows in which ids that are not known are those of known rows."""
    unseen = {name: ~rows[name].isin(known[name].unique()) for name in known}
    if not any(each.any() for each in unseen.values()):
        return [rows]
    copies = []
    for _ in range(DRAWS):
        drawn = known.iloc[rng.integers(len(known), size=len(rows))]
        ids = {
            name: rows[name].where(~each, drawn[name].set_axis(rows.index))
            for name, each in unseen.items()
        }
        copies.append(rows.assign(**ids))
    return copies
