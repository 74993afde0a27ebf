"""Passes over the training rows, under draws of the effects or not."""

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference import passes
from tabmixnn.inference.passes import draws_of_known, in_parts, under_draws


@pytest.fixture(params=["y ~ x + (x | g) + (1 | h)", "y ~ x"])
def trained(request):
    """A network with crossed terms, or without any, and its rows in two parts."""
    rng, n = np.random.default_rng(0), 90
    data = pd.DataFrame({"x": rng.normal(size=n), "y": rng.normal(size=n)})
    data["g"], data["h"] = rng.integers(0, 7, n).astype(str), rng.integers(0, 4, n).astype(str)
    options = {"inference": "variational", "hidden_dims": [5], "epochs": 2, "random_state": 0}
    engine = TabMixNNRegressor(request.param, **options).fit(data).engine_
    return engine.network, engine._rows


def test_draws_are_the_same_whatever_happens_between_them(trained):
    network, _ = trained
    at_once = list(draws_of_known(network.encoder))
    before = torch.get_rng_state()
    for drawn, other in zip(draws_of_known(network.encoder), at_once, strict=True):
        assert all(map(torch.equal, drawn, other))
        assert torch.equal(torch.get_rng_state(), before)
        torch.rand(3)
        before = torch.get_rng_state()
    if len(at_once) > 1:
        assert not torch.equal(at_once[0][0], at_once[1][0])


@pytest.mark.parametrize("floats", [1, 100, 2**18], ids=["rows one by one", "parts", "together"])
def test_rows_under_each_draw_are_those_of_each_draw_alone(trained, floats, monkeypatch):
    network, rows = trained
    total = sum(
        network.head(network.features(inputs, effects), inputs.offset).log_prob(y).sum()
        for effects in draws_of_known(network.encoder)
        for part in rows
        for inputs, y in in_parts(network, part)
    )
    monkeypatch.setattr(passes, "MAX_FLOATS", floats)
    found = list(under_draws(network, *rows))
    assert sum(len(y) for *_, y in found) == sum(map(len, rows)) * passes.n_draws(network.encoder)
    assert max(len(y) for *_, y in found) * network.backbone.floats_per_row <= max(floats, 16)
    again = sum(
        network.head(network.features(inputs, effects), inputs.offset).log_prob(y).sum()
        for inputs, effects, y in found
    )
    torch.testing.assert_close(again, total)
