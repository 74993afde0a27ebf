"""``decision_function`` and ``predict_log_proba`` against the probabilities and links."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer, roc_auc_score

from tabmixnn import TabMixNNClassifier

ENGINES = {
    "exact": {"inference": "marginal", "hidden_dims": []},
    "network": {"inference": "variational", "epochs": 3, "random_state": 0},
    "auto": {"random_state": 0},
}
pytestmark = pytest.mark.filterwarnings("ignore:.*boundary", "ignore:.*optimiser")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=200), "g": np.tile(list("abcdefghijklmnopqrst"), 10)})
    effects = dict(zip(data["g"].unique(), 1.5 * rng.normal(size=20), strict=True))
    level = data["x"] + data["g"].map(effects) + rng.logistic(size=200)
    data["ill"] = np.where(level > 0, "yes", "no")
    data["kind"] = np.select([level < -1, level < 1], ["low", "middle"], "high")
    return data


@pytest.fixture(scope="module")
def half_new(data):
    return data.assign(g=data["g"].where(data.index % 2 == 0, "new"))


@pytest.mark.parametrize("options", ENGINES.values(), ids=list(ENGINES))
def test_of_two_classes_it_is_the_linear_predictor(data, half_new, options):
    model = TabMixNNClassifier("ill ~ x + (x | g)", **options).fit(data)
    found = model.decision_function(data)
    np.testing.assert_allclose(found, model.predict(data, kind="link"), atol=1e-6)
    population = model.decision_function(data, re_form="none")
    np.testing.assert_allclose(
        population, model.predict(data, re_form="none", kind="link"), atol=1e-6
    )
    for rows in (data, half_new):
        decided = model.classes_[(model.decision_function(rows) > 0).astype(int)]
        np.testing.assert_array_equal(decided, model.predict(rows))
        probabilities = model.predict_proba(rows)
        np.testing.assert_array_equal(model.predict_log_proba(rows), np.log(probabilities))
        expected = roc_auc_score(rows["ill"], probabilities[:, 1])
        assert get_scorer("roc_auc")(model, rows, rows["ill"]) == expected


@pytest.mark.parametrize("name", ["network", "auto"])
def test_of_more_classes_it_decides_as_predictions_do(data, half_new, name):
    model = TabMixNNClassifier("kind ~ x + (1 | g)", **ENGINES[name]).fit(data)
    for rows in (data, half_new):
        found = model.decision_function(rows)
        assert found.shape == model.predict_log_proba(rows).shape == (200, 3)
        np.testing.assert_array_equal(model.classes_[found.argmax(axis=1)], model.predict(rows))


def test_it_is_finite_where_probabilities_round_to_one(data):
    sure = data.assign(x=np.linspace(-1e4, 1e4, 200))
    model = TabMixNNClassifier("ill ~ x", **ENGINES["exact"]).fit(data)
    found = model.decision_function(sure)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
