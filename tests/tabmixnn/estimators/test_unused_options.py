"""Options of training given to an engine that has none are told, each fit once."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
SAID = "does not look at"


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"g": np.repeat(np.arange(8), 10), "x": rng.normal(size=80)})
    frame["y"] = frame["x"] + rng.normal(size=8)[frame["g"]] + 0.3 * rng.normal(size=80)
    frame["kind"] = np.select([frame["y"] < -0.5, frame["y"] < 0.7], ["low", "middle"], "high")
    return frame


def said(model, data, **options):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(data, **options)
    return [str(each.message) for each in caught if SAID in str(each.message)]


def test_they_are_named_once(data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", epochs=300, lr=0.1, dropout=0.5)
    (message,) = said(model, data)
    assert message.startswith("inference='auto' does not look at epochs, lr and dropout; ")
    (message,) = said(TabMixNNRegressor("y ~ x + (1 | g)", **EXACT), data, epochs=5)
    assert message.startswith("inference='marginal' does not look at epochs; ")
    assert len(said(TabMixNNClassifier("kind ~ x + (1 | g)", lr=0.1), data)) == 1


NETWORKS = pytest.mark.parametrize(
    "options",
    [{"inference": "variational"}, {"inference": "auto", "use_static_structure": True}],
    ids=["network", "auto"],
)


@NETWORKS
def test_a_network_has_no_quadrature(options, data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", epochs=1, nagq=9, **options)
    (message,) = said(model, data)
    assert message.startswith("inference='variational' does not look at nagq; ")
    (message,) = said(model, data, warm_start=True)
    assert message.startswith("inference='variational' does not look at nagq; ")


@NETWORKS
def test_a_network_has_no_plain_likelihood(options, data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", epochs=1, **options).fit(data)
    model.set_params(reml=False)
    for warm_start in (False, True):
        with pytest.raises(ValueError, match="reml=False needs the formula's mixed model alone"):
            model.fit(data, warm_start=warm_start)


def test_nothing_is_said_of_defaults_layers_and_networks(data):
    for model in (
        TabMixNNRegressor("y ~ x + (1 | g)", hidden_dims=[]),
        TabMixNNRegressor("y ~ x + (1 | g)", epochs=100, hidden_dims=[4]),
        TabMixNNRegressor("y ~ x + (1 | g)", **EXACT),
        TabMixNNRegressor("y ~ x + (1 | g)", inference="variational", epochs=1),
        TabMixNNRegressor("y ~ x + (1 | g)", use_static_structure=True, epochs=1),
    ):
        assert said(model, data) == []
