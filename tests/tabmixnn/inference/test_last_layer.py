"""What training rows tell of the last layer: closed forms, and when it is found out."""

import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.draws import seeded
from tabmixnn.inference.drawn_effects import draw_effects
from tabmixnn.inference.last_layer import (
    ENOUGH,
    SEED,
    LastLayer,
    prior_precision,
    with_intercept,
)
from tabmixnn.inference.passes import N_DRAWS


def rows(n, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.arange(n) % 9
    x = rng.normal(size=n)
    y = x + rng.normal(size=9)[codes] + 0.5 * rng.normal(size=n)
    return pd.DataFrame({"x": x, "g": codes.astype(str), "y": y})


def fitted(n, **options):
    settings = {"epochs": 5, "hidden_dims": (6,), "random_state": 0} | options
    return TabMixNN("y ~ x + (x | g)", **settings).fit(rows(n))


@pytest.mark.parametrize("n", [60, 600])
def test_a_gaussian_outcomes_precision_and_noise_have_closed_forms(n):
    engine = fitted(n).engine_
    train, valid = engine._rows
    held = len(valid) >= ENOUGH
    network, residuals, designs = engine.network, [], []
    with torch.no_grad(), seeded(SEED):
        drawn = [draw_effects(network.encoder, new_groups=False) for _ in range(N_DRAWS)]
    with torch.no_grad():
        for each in (train, valid):
            inputs = each.inputs
            double = type(inputs)(
                inputs.cont.double(),
                inputs.cat,
                tuple(type(g)(g.codes, g.z.double()) for g in inputs.groups),
                inputs.offset.double(),
            )
            features = network.features(double, network.encoder.posterior_mean())
            residual = each.y - network.head.linear_predictor(features, double.offset)
            residuals.append(residual.numpy())
            designs += [with_intercept(network.features(double, u)).numpy() for u in drawn]
    sigma = network.head.shared["sigma"].detach().exp().item()
    design = np.concatenate(designs)
    residual = residuals[1] if held else np.concatenate(residuals)
    found = engine.last_layer
    information = design.T @ design / sigma**2 / N_DRAWS
    expected = prior_precision(design.shape[1]) + information
    np.testing.assert_allclose(found.precision, expected, rtol=1e-6, atol=1e-8)
    total = np.sqrt(np.mean(residual**2))
    if held:
        # What is not known of effects and weights is drawn besides, and comes off.
        assert 0.5 * total < found.noise < total
    else:
        assert found.noise == pytest.approx(total, rel=1e-6)


def test_rows_are_kept_until_somebody_asks():
    model = fitted(60)
    model.predict(rows(5))
    assert hasattr(model.engine_, "_rows")
    model.predict(rows(5), interval=0.9)
    assert not hasattr(model.engine_, "_rows")


def test_neither_a_pickle_nor_a_file_has_the_rows(tmp_path):
    model, new = fitted(60), rows(7, seed=1)
    copy = pickle.loads(pickle.dumps(model))
    assert not hasattr(copy.engine_, "_rows")
    model.save(tmp_path / "m.tmx")
    expected = model.predict(new, interval=0.9)
    for other in (copy, TabMixNN.load(tmp_path / "m.tmx")):
        pd.testing.assert_frame_equal(other.predict(new, interval=0.9), expected)


def test_earlier_rows_count_once_more_than_the_prior():
    first, second = (LastLayer(prior_precision(3) + k * np.eye(3), 1.0) for k in (1, 4))
    found = second.after(first)
    np.testing.assert_allclose(found.precision, prior_precision(3) + 5 * np.eye(3))
    assert second.after(LastLayer(None, None)) is second


def test_several_predictors_have_none():
    data = rows(60).assign(y=np.arange(60) % 3)
    model = TabMixNN("y ~ x + (1 | g)", family="multinomial", epochs=1).fit(data)
    assert model.engine_.last_layer == LastLayer(None, None)


def test_effects_are_made_once_and_are_those_of_the_network():
    model = TabMixNNRegressor("y ~ x + (x | g)", inference="variational", epochs=2).fit(rows(60))
    engine = model.engine_
    first = engine.effects("all")
    assert engine.effects("all") is first
    expected = engine.network.encoder.posterior_mean()
    for mine, theirs in zip(first, expected, strict=True):
        torch.testing.assert_close(mine, theirs.detach())
    assert all(not table.any() for table in engine.effects("none"))


def test_a_linear_networks_deviations_are_those_of_the_mixed_model(like_the_mixed_model):
    rng = np.random.default_rng(0)
    codes = rng.integers(30, size=600)
    data = pd.DataFrame({"x": rng.normal(size=600), "g": codes.astype(str)})
    mean = 0.5 + 0.8 * data["x"] + 0.7 * rng.normal(size=30)[codes]
    data["y"] = rng.poisson(np.exp(mean))
    exact = TabMixNN("y ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[]).fit(
        data
    )
    options = {"family": "poisson", "prior": "learned"}
    network = TabMixNN("y ~ x + (1 | g)", **options, **like_the_mixed_model).fit(data)
    found, expected = (
        each.predict(data, kind="link", return_std=True)[1] for each in (network, exact)
    )
    # It was more than twice as much while weights that no posterior mean meets were free.
    assert 0.9 < (found / expected).mean() < 1.4
