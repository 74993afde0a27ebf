"""What a model of three classes says of what it does not have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier
from tabmixnn.interpret import NotExactError

SHORT = {"inference": "variational", "epochs": 2, "random_state": 0}
pytestmark = pytest.mark.filterwarnings("ignore:.*boundary", "ignore:.*optimiser")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.tile(list("abcdef"), 20)})
    level = data["x"] + rng.normal(size=120)
    stages = np.select([level < -0.5, level < 0.7], ["low", "middle"], "high")
    return data.assign(kind=pd.Categorical(stages, ["low", "middle", "high"], ordered=True))


@pytest.fixture(scope="module")
def network(data):
    return TabMixNNClassifier("kind ~ x + (1 | g)", **SHORT).fit(data)


@pytest.fixture(scope="module")
def grown(data):
    return TabMixNNClassifier("kind ~ x + (1 | g)", random_state=0).fit(data)


@pytest.mark.parametrize("name", ["fixef", "ranef", "vcov"])
def test_a_network_has_its_mixed_models_by_another_inference(network, name):
    said = rf"{name}\(\) belongs to .* inference='auto', a mixed model of each class by itself"
    with pytest.raises(NotExactError, match=said):
        getattr(network, name)()


@pytest.mark.parametrize("name", ["summary", "extract_parameters", "variance_decomposition"])
def test_a_network_has_no_single_set_of_coefficients(network, data, name):
    with pytest.raises(
        ValueError, match=r"3 linear predictors .* inference='auto', a model of eac"
    ):
        getattr(network, name)(data)


@pytest.mark.parametrize("name", ["summary", "fixef", "residuals", "simulate"])
def test_models_of_each_class_are_asked_one_by_one(grown, name):
    with pytest.raises(NotExactError, match=r"for each class: ask .* against_rest\('high'\)"):
        getattr(grown, name)()
    assert "kind == 'low'" in str(grown.against_rest("low").summary())


@pytest.mark.parametrize("which", ["network", "grown"])
def test_explanations_have_a_value_a_class(which, data, request):
    found = request.getfixturevalue(which).shapley_values(data.head(4))
    assert list(found["features"].columns) == ["high", "low", "middle"]


def test_ordered_classes_have_no_exact_likelihood(data):
    model = TabMixNN("kind ~ x + (1 | g)", family="ordinal", **SHORT).fit(data)
    with pytest.raises(NotExactError, match="The ordinal family has none; "):
        model.fixef()


def test_the_exact_model_of_the_formula_names_those_that_have_three(data):
    model = TabMixNNClassifier("kind ~ x", inference="marginal", hidden_dims=[])
    with pytest.raises(ValueError, match="use inference='auto' or 'variational'"):
        model.fit(data)
