"""Classes that the formula computes keep their names, in the order of their levels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from tabmixnn import TabMixNN, TabMixNNClassifier

EXACT = {"inference": "marginal", "hidden_dims": []}
SHORT = {"inference": "variational", "epochs": 2, "random_state": 0}

RESPONSES = {
    "factor(dose)": ("dose", {10: "10", 20: "20"}),
    'relevel(ill, ref = "yes")': ("ill", {"yes": "yes", "no": "no"}),
    'factor(ill, levels = c("yes", "no"))': ("ill", {"yes": "yes", "no": "no"}),
    "factor(part)": ("part", {0.5: "0.5", 2.0: "2"}),
    "I(y > 0)": ("positive", {False: False, True: True}),
    "factor(kind)": ("kind", {2: "2", 10: "10", 30: "30"}),
}
"""The column that a response is of, and what its values are called, in the order of levels."""


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=160), "g": np.arange(160) % 8})
    rows["y"] = rows["x"] + rng.logistic(size=160)
    rows["positive"] = rows["y"] > 0
    rows["dose"] = np.where(rows["positive"], 20, 10)
    rows["ill"] = np.where(rows["positive"], "yes", "no")
    rows["part"] = np.where(rows["positive"], 2.0, 0.5)
    rows["kind"] = np.select([rows["y"] < -1.0, rows["y"] < 1.0], [10, 2], 30)
    return rows


@pytest.fixture(scope="module")
def file(data, tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    data.to_parquet(path)
    return path


@pytest.mark.parametrize("response", RESPONSES)
@pytest.mark.parametrize("source", ["data", "file"])
def test_classes_are_the_levels(response, source, data, request):
    model = TabMixNNClassifier(f"{response} ~ x + (1 | g)", **SHORT)
    model.fit(request.getfixturevalue(source))
    column, names = RESPONSES[response]
    assert model.classes_.tolist() == list(names.values())
    labels = data[column].map(names).tolist()
    found = model.predict(data).tolist()
    assert set(found) <= set(labels)
    assert model.score(data) == pytest.approx(accuracy_score(labels, found))
    table = model.reliability(data, bins=1)
    last = list(names.values())[-1]
    assert table["observed"][0] == pytest.approx(np.mean([each == last for each in labels]))


def test_the_level_that_is_modelled_is_the_second(data):
    formula = 'relevel(ill, ref = "yes") ~ x + (1 | g)'
    model = TabMixNNClassifier(formula, **EXACT).fit(data)
    general = TabMixNN(formula, family="binomial", **EXACT).fit(data)
    pd.testing.assert_series_equal(model.fixef(), general.fixef())
    assert model.fixef()["x"] < 0.0
    np.testing.assert_allclose(model.predict_proba(data)[:, 1], general.predict(data))
    assert (model.predict(data) == data["ill"]).mean() > 0.6


def test_a_class_against_the_rest_is_one_of_the_levels(data):
    model = TabMixNNClassifier("factor(kind) ~ x + (1 | g)", random_state=0).fit(data)
    assert model.modelled_classes_ == ["2", "10", "30"]
    one = model.against_rest("30")
    is_it = data["kind"] == 30
    assert one.score(data) == pytest.approx((one.predict(data) == is_it).mean())
    assert one.reliability(data, bins=1)["observed"][0] == pytest.approx(is_it.mean())


def test_files_of_before_had_codes(data, tmp_path, monkeypatch):
    model = TabMixNNClassifier("factor(dose) ~ x", **EXACT).fit(data)
    named, model.classes_ = model.predict(data), np.array([0.0, 1.0])
    monkeypatch.setattr("tabmixnn.persistence.archive.FORMAT", 15)
    model.save(tmp_path / "model.tmx")
    monkeypatch.undo()
    again = TabMixNNClassifier.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(data), named)
    assert again.score(data) == pytest.approx((named == data["dose"].astype(str)).mean())
