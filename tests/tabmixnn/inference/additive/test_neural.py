"""Networks in the mean of a mixed model, through the estimators."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive import crossfit, crossval

FORMULA = "~ a + b + c + (1 | g)"


@pytest.fixture(autouse=True, scope="module")
def short():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossval, "FOLDS", ())
        patch.setattr(crossfit, "STEPS", 200)
        patch.setattr(crossfit, "LOOKS", (0.5, 1.0))
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    data = pd.DataFrame(rng.uniform(-1.0, 1.0, (600, 3)), columns=["a", "b", "c"])
    data["g"] = rng.integers(20, size=600).astype(str)
    eta = 4.0 * np.sign(data.a) * np.sign(data.b) * data.c + rng.normal(size=20)[data.g.astype(int)]
    data["y"] = eta + 0.3 * rng.normal(size=600)
    data["count"] = rng.poisson(np.exp(0.5 * eta)) * 1.0
    data["ill"] = np.where(rng.uniform(size=600) < 1.0 / (1.0 + np.exp(-2.0 * eta)), "yes", "no")
    return data


@pytest.fixture(scope="module")
def halves(data):
    return data[:400], data[400:]


def error(model, rows):
    return float(np.sqrt(np.mean((model.predict(rows) - rows["y"]) ** 2)))


@pytest.fixture(scope="module")
def model(halves):
    options = {"inference": "marginal", "hidden_dims": [16, 8], "random_state": 0}
    return TabMixNNRegressor(f"y {FORMULA}", **options).fit(halves[0])


def test_better_than_the_mixed_model(model, halves):
    plain = TabMixNNRegressor(f"y {FORMULA}", inference="marginal", hidden_dims=[]).fit(halves[0])
    assert model.inference_ == "neural"
    assert error(model, halves[1]) < 0.8 * error(plain, halves[1])
    assert "f(x)" in str(model.summary())
    assert "did not see them" in str(model.summary())
    assert model.terms_["term"].iloc[0] == "line(f(x))"


def test_intervals_cover_other_rows(model, halves):
    low, high = (model.predict(halves[1], interval=0.9)[name] for name in ("lower", "upper"))
    assert 0.8 < np.mean((low <= halves[1]["y"]) & (halves[1]["y"] <= high)) < 0.98


def test_new_groups_have_no_effects(model, halves):
    new = halves[1].assign(g="new")
    np.testing.assert_allclose(model.predict(new), model.predict(halves[1], re_form="none"))


def test_saved_models_are_the_same(model, halves, tmp_path):
    model.save(tmp_path / "model")
    again = type(model).load(tmp_path / "model")
    assert again.inference_ == "neural"
    np.testing.assert_array_equal(again.predict(halves[1]), model.predict(halves[1]))
    assert str(again.summary()) == str(model.summary())


@pytest.mark.parametrize(
    ("estimator", "response", "options"),
    [(TabMixNNClassifier, "ill", {}), (TabMixNN, "count", {"family": "poisson"})],
)
def test_other_families(estimator, response, options, halves):
    train, test = halves
    losses = []
    for hidden in ([], [16, 8]):
        asked = {"inference": "marginal", "hidden_dims": hidden, "random_state": 0, **options}
        fitted = estimator(f"{response} {FORMULA}", **asked).fit(train)
        if response == "ill":
            chance = fitted.predict_proba(test)[:, 1]
            hit = (test["ill"] == fitted.classes_[1]).to_numpy()
            losses.append(-np.mean(np.log(np.where(hit, chance, 1.0 - chance))))
        else:
            mean = fitted.predict(test)
            losses.append(np.mean(mean - test["count"] * np.log(mean)))
    assert losses[1] < losses[0]
    assert fitted.engine_.settled["nagq"] == 9


def test_the_ladder_ends_with_networks_where_they_help(halves, data):
    model = TabMixNNRegressor(f"y {FORMULA}", hidden_dims=[16, 8], random_state=0).fit(halves[0])
    assert [step.name for step in model.engine_.steps][1] == "networks"
    assert "line(f(x))" in set(model.terms_["term"])
    without = TabMixNNRegressor(f"y {FORMULA}", hidden_dims=[], random_state=0).fit(halves[0])
    assert "line(f(x))" not in set(without.terms_["term"])
    assert error(model, halves[1]) < error(without, halves[1])


@pytest.mark.parametrize(
    ("formula", "options", "message"),
    [
        (f"y {FORMULA}", {"reml": False}, "reml=False needs the formula's mixed model alone"),
        (f"y {FORMULA}", {"cov_struct_map": {"g": {"type": "IID"}}}, "without hidden layers"),
        (f"y {FORMULA}", {"hidden_dims": 3}, r"hidden_dims must be a list .*; got 3"),
        ("y ~ 1 + (1 | g)", {}, "no predictor that varies"),
    ],
)
def test_options(formula, options, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(formula, **{"inference": "marginal", **options}).fit(data)


def test_too_few_rows_for_hidden_layers_are_an_error():
    data = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 7)), columns=list("abcdefy"))
    model = TabMixNNRegressor(
        "y ~ a + b + c + d + e + f + (1 | g)", inference="marginal", hidden_dims=(8,)
    )
    with pytest.raises(ValueError, match="8 rows are too few for hidden layers beside the 7"):
        model.fit(data.assign(g=list("uuvvwwxx")))
