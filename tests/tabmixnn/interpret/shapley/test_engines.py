"""What an engine must offer, and what becomes of one that offers less or reads more."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.exact.placed_frame import PlacedFrame
from tabmixnn.interpret.shapley import Question, explain


class Plain:
    """An engine that has ``predict`` alone."""

    def __init__(self, engine):
        self._engine = engine

    def predict(self, frame, re_form, kind):
        return self._engine.predict(frame, re_form, kind)


class SecretReader(Plain):
    """An engine that also reads a column that the formula's fixed part does not."""

    def predict(self, frame, re_form, kind):
        return super().predict(frame, re_form, kind) + frame.data["z"].to_numpy() ** 2


class Reader(SecretReader):
    """One that says so."""

    def feature_columns(self, design):
        return ["x", "z"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 80
    g, h = rng.integers(0, 6, n), rng.integers(0, 4, n)
    x, z = rng.normal(size=(2, n))
    y = x + rng.normal(size=6)[g] + rng.normal(size=4)[h] + 0.3 * rng.normal(size=n)
    return pd.DataFrame({"x": x, "z": z, "g": g.astype(str), "h": h.astype(str), "y": y})


def fit(data, formula):
    return TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(data)


def ask(model, engine, data, **options):
    frame = PlacedFrame.of(model._frame(data), data)
    question = Question(**options)
    return explain(engine, model._design, frame, data, None, question, lambda found: ["y"])


def test_an_engine_with_predict_alone_is_explained(data):
    model = fit(data, "y ~ x + (1 | g)")
    found = ask(model, Plain(model.engine_), data)
    np.testing.assert_allclose(found.values, model.explain(data).values, atol=1e-8)
    assert found.labels == ["x", "g"]
    with pytest.raises(ValueError, match="random effects are explained together"):
        ask(model, Plain(model.engine_), data, random_effects="terms")


def test_its_groups_are_one_player(data):
    model = fit(data, "y ~ x + (1 | g) + (1 | h)")
    found = ask(model, Plain(model.engine_), data)
    assert found.labels == ["x", "g + h"]
    both = model.explain(data).frame()[["g", "h"]].sum(axis=1)
    np.testing.assert_allclose(found.frame()["g + h"], both, atol=1e-8)
    with pytest.raises(ValueError, match="The effects of 'g' are no player of their own"):
        found.by_level("g")


def test_columns_that_an_engine_reads_are_features(data):
    model = fit(data, "y ~ x + (1 | g)")
    found = ask(model, Reader(model.engine_), data)
    assert found.labels == ["x", "z", "g"]
    assert found.additivity_error() < 1e-8
    np.testing.assert_allclose(found.frame()["z"], data.z**2 - (data.z**2).mean(), atol=1e-8)


def test_columns_that_it_does_not_own_up_to_are_noticed(data):
    model = fit(data, "y ~ x + (1 | g)")
    with pytest.raises(RuntimeError, match="the model reads columns that are no players"):
        ask(model, SecretReader(model.engine_), data)
