"""Scores of every model on the splits of a set."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from tabmixbench.classes.models import MODELS, Split
from tabmixbench.classes.sets import ClassSet
from tabmixbench.streams import stream

SPLITS = 5
#: Probability that a class has at least, for its logarithm.
LEAST = 1e-15


def score(
    data: ClassSet,
    seed: int,
    *,
    splits: int = SPLITS,
    report: Callable[[str], None] = lambda line: None,
) -> pd.DataFrame:
    """Fit every model to every split.

    Parameters
    ----------
    data : ClassSet
    seed : int
        Of the project; decides the splits.
    splits : int
        Random 80/20 splits of the rows, stratified by class.
    report : callable
        Told of each split.

    Returns
    -------
    DataFrame
        One row a split and model: set, split, model, rows, logloss, accuracy, seconds.
    """
    from sklearn.model_selection import StratifiedShuffleSplit

    rows = data.read()
    random_state = int(stream(seed, "classes", data.name).integers(2**31))
    shuffled = StratifiedShuffleSplit(splits, test_size=0.2, random_state=random_state)
    out = []
    for number, (train, test) in enumerate(shuffled.split(rows, rows["class"])):
        split = Split(data, rows.iloc[train], rows.iloc[test], seed)
        codes = np.searchsorted(split.classes, split.test["class"])
        for name, model in MODELS.items():
            started = time.process_time()
            found = model(split)
            seconds = time.process_time() - started
            of_class = np.maximum(found[np.arange(len(codes)), codes], LEAST)
            right = found.argmax(axis=1) == codes
            loss = -np.log(of_class).mean()
            out.append((data.name, number, name, len(rows), loss, right.mean(), seconds))
        report(f"{data.name} split {number}: log-loss of TabMixNN {out[-len(MODELS)][4]:.4f}")
    columns = ["set", "split", "model", "rows", "logloss", "accuracy", "seconds"]
    return pd.DataFrame(out, columns=columns)
