"""Rows of unseen groups, for models that know a group by its id alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd


class KnownGroups:
    """Predict a row of an unseen group as the average over known groups.

    The ids of training rows drawn at random take the place of the unseen ones, and the
    predictions are averaged: a group of which nothing is known.

    Parameters
    ----------
    ids : pandas.DataFrame
        (n_train, factors) categorical ids of the training rows; no columns where a model sees
        no ids.
    draws : int
        Training rows to draw.
    seed : int
        Seed of the draws.
    """

    def __init__(self, ids: pd.DataFrame, draws: int, seed: int) -> None:
        self._columns = list(ids.columns)
        rows = np.random.default_rng(seed).integers(len(ids), size=draws)
        self._stand_ins = ids.iloc[rows]

    def predict(
        self, frame: pd.DataFrame, model: Callable[[pd.DataFrame], np.ndarray]
    ) -> np.ndarray:
        """Predict rows whose unseen ids are missing values.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows as the model takes them.
        model : callable
            Rows -> (n,) predictions.
        """
        unseen = frame[self._columns].isna().any(axis=1).to_numpy()
        prediction = np.empty(len(frame))
        if not unseen.all():
            prediction[~unseen] = model(frame[~unseen])
        if unseen.any():
            rows, total = frame[unseen], np.zeros(int(unseen.sum()))
            for ids in self._stand_ins.to_dict("records"):
                total += model(rows.fillna(ids))
            prediction[unseen] = total / len(self._stand_ins)
        return prediction
