"""Networks train on every row, however they find when to stop."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from tabmixbench.adapters.inner import inner_folds
from tabmixbench.adapters.mlp import MLP

N, FOLDS, SEED = 200, 5, 3


DATASET = SimpleNamespace(
    name="pairs",
    task="regression",
    target="y",
    groups=("g",),
    numeric=("x",),
    categorical=(),
    features=("x",),
    formula="y ~ x + (1 | g)",
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Group "far" has no row that the network of the first inner fold trains on."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=N)
    _, validation = next(inner_folds(x, binary=False, folds=FOLDS, one_from=N, seed=SEED))
    far = np.isin(np.arange(N), validation[:8])
    return pd.DataFrame(
        {
            "x": x,
            "g": pd.Categorical(np.where(far, "far", "near")),
            "y": 3.0 * x + 5.0 * far,
        }
    )


@pytest.mark.parametrize("one_from", [N, N + 1], ids=["one fold", "all folds"])
def test_rows_that_stop_the_training_are_trained_on(rows, one_from):
    training = {"lr": 0.02, "max_epochs": 60, "folds": FOLDS, "one_from": one_from}
    model = MLP(DATASET, seed=SEED, threads=1, hidden=[16], dropout=0.0, training=training)
    predicted = model.fit(rows).predict(rows)
    far = (rows["g"] == "far").to_numpy()
    assert len(model.settings()["epochs"]) == (1 if one_from == N else FOLDS)
    above = predicted - 3.0 * rows["x"].to_numpy()
    assert above[far].mean() - above[~far].mean() > 2.5
