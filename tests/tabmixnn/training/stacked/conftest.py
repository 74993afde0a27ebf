"""Plain networks and their rows, small and random."""

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNN


@pytest.fixture
def data():
    def build(seed=0, n=90, levels=11):
        rng = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                "x": rng.normal(size=n),
                "t": rng.normal(size=n),
                "c": rng.choice(list("abc"), n),
                "k": rng.choice(list("uvwxy"), n),
                "g": np.r_[np.arange(levels), rng.integers(0, levels, n - levels)].astype(str),
                "h": rng.choice(list("rst"), n),
                "e": rng.normal(size=n),
                "y": rng.normal(size=n),
            }
        )

    return build


@pytest.fixture
def fitted(data):
    """A function that fits for a moment, for a network whose parameters are all away from zero."""

    def fit(formula="y ~ x + c + k + offset(e) + (t | g) + (1 | h)", frame=None, **options):
        settings = {"epochs": 1, "hidden_dims": (7, 5), "embedding_dim": 4, "random_state": 0}
        model = TabMixNN(formula, **(settings | options))
        model.fit(data() if frame is None else frame)
        network = model.engine_.network.float().train()
        torch.manual_seed(3)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.3 * torch.randn_like(parameter))
            for embedding in network.encoder.fixed.embeddings:
                embedding.weight[0] = 0
        return model

    return fit
