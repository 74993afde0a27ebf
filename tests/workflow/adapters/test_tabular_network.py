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


@pytest.mark.parametrize(
    ("one_from", "share"), [(N, 1 / 2), (N + 1, 4 / 5)], ids=["one fold", "all folds"]
)
def test_rows_that_stop_one_network_train_the_others(rows, one_from, share):
    training = {"lr": 0.02, "max_epochs": 60, "folds": FOLDS, "one_from": one_from}
    model = MLP(DATASET, seed=SEED, threads=1, hidden=[16], dropout=0.0, training=training)
    predicted = model.fit(rows).predict(rows)
    far = (rows["g"] == "far").to_numpy()
    assert len(model.settings()["epochs"]) == (1 if one_from == N else FOLDS)
    above = predicted - 3.0 * rows["x"].to_numpy()
    learned = (above[far].mean() - above[~far].mean()) / 5.0
    assert learned == pytest.approx(share, abs=0.05)
