"""Every family through the estimator: fitted by a linear network, predicted in every kind."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNN
from tabmixnn.families import FAMILIES

N, SLOPE = 3000, 0.6


def simulate(name):
    """Return x and responses whose location has the slope `SLOPE` in every component."""
    sizes = [p for p in inspect.signature(FAMILIES[name]).parameters if p.startswith("n_")]
    family = FAMILIES[name](**dict.fromkeys(sizes, 3))
    x = np.random.default_rng(0).normal(size=N)
    weights = torch.linspace(1, -1, 3) if name == "multinomial" else torch.ones(3)
    values = {}
    for position, (key, parameter) in enumerate(family.parameters.items()):
        eta = torch.zeros(parameter.size)
        if position == 0:
            eta = SLOPE * torch.tensor(x)[:, None] * weights[: parameter.size]
            eta = eta.squeeze(-1) if parameter.size == 1 else eta
        values[key] = parameter.inverse_link(eta.double())
    torch.manual_seed(0)
    return x, family.distribution(**values).sample().double().numpy()


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_it_is_fitted_and_predicted(name):
    x, y = simulate(name)
    data = pd.DataFrame({"x": x})
    model = TabMixNN(
        "~ x",
        family=name,
        hidden_dims=[],
        epochs=150,
        lr=0.05,
        batch_size=N,
        dropout=0.0,
        validation_fraction=0,
        scheduler="cosine",
        random_state=0,
    ).fit(data, y)
    line = pd.DataFrame({"x": [0.0, 1.0]})
    start, end = model.predict(line, kind="link")
    slope = np.asarray(end - start)
    if name == "multinomial":
        slope = (slope - slope.mean()) / [1, np.nan, -1]
    slope = slope[np.isfinite(slope)] if slope.ndim else slope
    np.testing.assert_allclose(slope, SLOPE, atol=0.15)
    mean = model.predict(data)
    assert len(mean) == N
    assert np.isfinite(mean).all()
    if model.family_.data_type in ("binary", "categorical"):
        probability = model.predict(data, kind="probability")
        assert ((probability >= 0) & (probability <= 1)).all()


def test_offsets_enter_every_family_of_several_columns():
    x, y = simulate("multivariate_gaussian")
    data = pd.DataFrame({"x": x, "o": 3.0 * np.arange(N)})
    model = TabMixNN(
        "~ x + offset(o)",
        family="multivariate_gaussian",
        hidden_dims=[],
        epochs=3,
        random_state=0,
    ).fit(data, y + data.o.to_numpy()[:, None])
    shifted = model.predict(data.assign(o=data.o + 7))
    np.testing.assert_allclose(shifted - model.predict(data), 7)


def test_counts_start_near_their_share_of_successes():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=60), "k": rng.binomial(40, 0.02, 60)})
    data["m"] = 40
    model = TabMixNN("cbind(k, m - k) ~ x", family="binomial", epochs=1, random_state=0).fit(data)
    assert model.engine_.network.head.predicted["logits"].bias.item() < -2
