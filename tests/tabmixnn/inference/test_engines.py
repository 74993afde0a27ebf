"""Inference engines are found by name and have what `tabmixnn.inference` says of them."""

from collections.abc import Mapping
from inspect import signature

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.inference import ENGINES, EngineEntry, engine_name, get_engine, resolve
from tabmixnn.interpret.descriptions import Description
from tabmixnn.interpret.residuals import residuals

EVERY = pytest.mark.parametrize("name", sorted(ENGINES))
OPTIONS = {
    "marginal": {"inference": "marginal", "hidden_dims": []},
    "neural": {"inference": "marginal", "hidden_dims": [3]},
}
"""Of those that take more than their name."""


@pytest.fixture(scope="module")
def data():
    """Rows of a curve, so that the formula's straight line grows."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.uniform(-3, 3, size=120), "g": np.repeat(list("abcdefgh"), 15)})
    rows["y"] = np.sin(2 * rows["x"]) + np.repeat(rng.normal(size=8), 15)
    return rows.assign(y=rows["y"] + 0.2 * rng.normal(size=120))


DESCRIBED = [name for name in sorted(ENGINES) if ENGINES[name].description]
"""Those of one number; what there is for each class is tested in `classwise`."""


@pytest.fixture(scope="module", params=DESCRIBED)
def model(request, data):
    options = OPTIONS.get(request.param, {"inference": request.param})
    assert engine_name(options["inference"], options.get("hidden_dims", (8,))) == request.param
    model = TabMixNNRegressor("y ~ x + (1 | g)", epochs=3, random_state=0, **options).fit(data)
    assert isinstance(model.engine_, get_engine(request.param))
    assert isinstance(model.engine_.settled, Mapping)
    model.entry = ENGINES[request.param]
    return model


@EVERY
def test_it_resolves_and_says_what_fit_takes(name):
    entry, engine = ENGINES[name], get_engine(name)
    assert callable(EngineEntry.load(entry.get_family))
    assert list(signature(engine.from_options).parameters) == ["options"]
    taken = list(signature(engine.fit).parameters)
    assert taken[1:6] == ["design", "frame", "y", "family", "seed"]
    assert ("weights" in taken) == entry.takes_weights
    assert list(signature(engine.predict).parameters)[1:] == ["frame", "re_form", "kind"]
    predictive = list(signature(engine.predictive).parameters)
    assert predictive[1:5] == ["frame", "re_form", "method", "kind"]
    assert predictive[5:] in ([], ["weights"])
    assert list(signature(engine.from_state).parameters) == ["state", "options", "design", "family"]
    assert hasattr(engine, "refine") == entry.trains_on
    if entry.trains_on:
        trained = list(signature(engine.refine).parameters)
        assert trained[1:] == ["design", "frame", "y", "options", "seed"]
    if entry.streamed:
        rows = list(signature(EngineEntry.load(entry.streamed).fit_rows).parameters)
        assert rows[1:5] == ["design", "rows", "family", "seed"]


def test_it_predicts_in_the_ways_it_lists(model, data):
    frame = model._frame(data)
    for re_form in model.entry.re_forms:
        for kind in ("response", "link"):
            if (re_form, kind) != ("marginal", "link"):
                found = model.engine_.predict(frame, re_form, kind)
                assert found.shape == (len(data),)
                assert np.isfinite(found).all()


def test_it_says_how_it_came_about_and_what_it_keeps(model):
    engine = model.engine_
    assert isinstance(engine.history, list)
    assert all(isinstance(record, dict) for record in engine.history)
    assert isinstance(engine.keeps_rows, bool)


def test_what_it_saves_makes_it_again(model, data):
    engine, frame = model.engine_, model._frame(data)
    again = type(engine).from_state(
        engine.state(), model.get_params(), model._design, model.family_
    )
    for re_form in model.entry.re_forms:
        np.testing.assert_array_equal(
            again.predict(frame, re_form, "response"), engine.predict(frame, re_form, "response")
        )


def test_it_says_how_sure_its_predictions_are(model, data):
    table = model.predict(data, interval=0.9)
    assert (table["lower"] < table["upper"]).all()


def test_a_mixed_model_with_estimates_has_what_reports_need(model, data):
    engine = model.engine_
    if not hasattr(engine, "estimates"):
        pytest.skip("a network has no estimates of the formula's effects")
    parts = engine.linear_parts(model._frame(data))
    assert parts.fixed.shape == engine.fitted.shape == (len(data),)
    for rows in ((), (model._frame(data), data["y"].to_numpy())):
        assert np.isfinite(residuals(engine, "pearson", *rows)).all()
    assert "(Intercept)" in model.fixef()


def test_its_description_tells_of_it(model, data):
    description = model._description()
    assert isinstance(description, Description)
    assert description.has_likelihood == hasattr(model.engine_, "result")
    assert description.has_estimates == hasattr(model.engine_, "estimates")
    assert description.needs_rows != model.engine_.keeps_rows
    told = data if description.needs_rows else None
    assert "(Intercept)" in model.summary(told).fixed.index
    assert set(model.extract_parameters(told)) == {"fixed_effects", "variance_components"}
    assert 0 < model.variance_decomposition(told)["r_squared"] < 1
    difference = data["y"] - model.fitted(told) - model.residuals(told)
    np.testing.assert_allclose(difference, 0, atol=1e-9)
    effects, errors = description.level_effects(model._frame(data), "g", "(Intercept)")
    assert list(effects.index) == sorted(set(data["g"]))
    assert (errors > 0).all()
    assert list(model.terms_) == ["term", "group", "sd", "score"]
    assert model.structure_.empty


def test_a_program_is_that_of_the_predictions(model, data):
    if not hasattr(model.engine_, "program"):
        pytest.skip("torch alone does not run this engine's predictions")
    found = model.engine_.program("all", "response")(**model.program_inputs(data))
    np.testing.assert_allclose(found.detach().numpy(), model.predict(data))


def test_an_unknown_engine_names_the_valid_ones():
    with pytest.raises(
        ValueError, match=r"no inference='mcmc'; .* 'auto', 'marginal', 'variational'\."
    ):
        get_engine("mcmc")


def options(**changed):
    return TabMixNN("y ~ x", inference="auto", **changed).get_params(deep=False)


@pytest.mark.parametrize(
    ("changed", "family", "engine"),
    [
        ({}, "gaussian", "auto"),
        ({}, "binomial", "auto"),
        ({}, "multinomial", "classwise"),
        ({"use_static_structure": True}, "gaussian", "variational"),
        ({"use_dynamic_structure": True}, "gaussian", "variational"),
        ({"architecture": "manifold"}, "gaussian", "variational"),
        ({"cov_struct_map": {"g": {"type": "AR1"}}}, "gaussian", "marginal"),
        ({"cov_struct_map": {"g": {"type": "AR1"}}}, "multinomial", "variational"),
    ],
)
def test_what_auto_stands_for(changed, family, engine):
    assert resolve(options(**changed), family)["inference"] == engine
