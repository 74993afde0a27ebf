"""Base value, features and groups add up to the prediction, whatever was fitted and how."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import OutcomeSpec, TabMixNN, TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
NETWORK = {"inference": "variational", "epochs": 3, "random_state": 0}
FORMULA = "x1 * x2 + c + (x1 | g) + (1 | h)"
OUTCOMES = [OutcomeSpec("size", "y"), OutcomeSpec("kind", "three", "multinomial")]

MODELS = {
    "regressor, exact": lambda: TabMixNNRegressor(f"y ~ {FORMULA}", **EXACT),
    "regressor, auto": lambda: TabMixNNRegressor(f"y ~ {FORMULA}", random_state=0),
    "offset, auto": lambda: TabMixNNRegressor("y ~ x1 + offset(x2) + (1 | g)", random_state=0),
    "regressor, network": lambda: TabMixNNRegressor(f"y ~ {FORMULA}", **NETWORK),
    "two classes, exact": lambda: TabMixNNClassifier("two ~ x1 + c + (1 | g)", **EXACT),
    "two classes, network": lambda: TabMixNNClassifier(f"two ~ {FORMULA}", **NETWORK),
    "three classes, network": lambda: TabMixNNClassifier(f"three ~ {FORMULA}", **NETWORK),
    "counts, exact": lambda: TabMixNN("k ~ x1 + offset(x2) + (1 | g)", family="poisson", **EXACT),
    "counts, network": lambda: TabMixNN(
        "k ~ x1 + offset(x2) + (1 | g)", family="zero_inflated_poisson", **NETWORK
    ),
    "several outcomes": lambda: TabMixNN(f"~ {FORMULA}", outcomes=OUTCOMES, **NETWORK),
    "manifold": lambda: TabMixNNRegressor(
        "y ~ x1 + c + (1 | g)",
        architecture="manifold",
        manifold_configs=[{"grid_shape": (3, 4)}],
        **NETWORK,
    ),
    "dynamic structure": lambda: TabMixNNRegressor(
        "y ~ x1 + c + (1 | g)", use_dynamic_structure=True, hidden_dims=[6], **NETWORK
    ),
}
OUTPUTS = {
    "two classes, exact": ["v"],
    "three classes, network": ["p", "q", "r"],
    "several outcomes": ["size", "kind[p]", "kind[q]", "kind[r]"],
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    n = 120
    x1, x2 = rng.normal(size=(2, n))
    g, h = rng.integers(0, 8, n), rng.integers(0, 5, n)
    eta = x1 + rng.normal(size=8)[g] + 0.5 * rng.normal(size=5)[h]
    return pd.DataFrame(
        {
            "x1": x1,
            "x2": x2,
            "c": rng.choice(list("abc"), n),
            "g": g.astype(str),
            "h": h.astype(str),
            "y": eta + rng.normal(size=n),
            "two": np.where(eta + rng.logistic(size=n) > 0, "v", "u"),
            "three": rng.choice(list("pqr"), n),
            "k": rng.poisson(np.exp(0.5 * eta)),
        }
    )


@pytest.fixture(scope="module", params=list(MODELS))
def fitted(request, data):
    return request.param, MODELS[request.param]().fit(data)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", ["link", "response"])
@pytest.mark.parametrize("background", ["interventional", "conditional"])
def test_everything_adds_up_to_the_prediction(fitted, data, kind, background):
    name, model = fitted
    rows = data.iloc[5:13]
    found = model.explain(
        rows, background_data=data, kind=kind, background=background, n_background=20
    )
    assert found.additivity_error() < 1e-6
    assert found.outputs == OUTPUTS.get(name, found.outputs)
    predicted = model._predict(rows, "all", kind)
    if isinstance(predicted, dict):
        predicted = np.column_stack(list(predicted.values()))
    np.testing.assert_allclose(
        found.base + found.values.sum(axis=1), predicted.reshape(len(rows), -1), atol=1e-6
    )


def test_the_papers_dictionary_has_the_papers_keys(fitted, data):
    _, model = fitted
    found = model.shapley_values(data.head(6))
    assert {"features", "random_effects"} <= set(found)
    assert "x1" in found["features"].index
    assert "g" in found["random_effects"].index
    several = isinstance(found["values"], dict)
    frames = found["values"] if several else {"": found["values"]}
    for output, frame in frames.items():
        assert list(frame.index) == list(data.index[:6])
        mean = frame.abs().mean()
        importance = pd.concat([found["features"], found["random_effects"]])
        shown = importance[output] if several else importance
        pd.testing.assert_series_equal(shown, mean, check_names=False)


def test_random_effects_by_level(fitted, data):
    _, model = fitted
    table = model.shapley_random_effects(data.head(30), n_background=10)["g"]
    assert set(table.index) == set(data.g.head(30))
    counts = table.xs("n", axis=1, level=-1) if table.columns.nlevels > 1 else table[["n"]]
    assert (counts.sum() == 30).all()


@pytest.mark.parametrize("options", [{"random_state": 0}, NETWORK], ids=["auto", "network"])
def test_columns_without_a_formula(options, data):
    X, y = data[["x1", "x2", "c"]], data["y"]
    model = TabMixNNRegressor(hidden_dims=[4], **options).fit(X, y)
    found = model.shapley_values(X.head(10))
    assert list(found["features"].index) == ["x1", "x2", "c"]
    assert len(found["random_effects"]) == 0
    total = found["base_value"] + found["values"].sum(axis=1)
    np.testing.assert_allclose(total, model.predict(X.head(10)), atol=1e-10)
    array = X[["x1", "x2"]].to_numpy()
    model = TabMixNNRegressor(**EXACT).fit(array, y)
    found = model.explain(array)
    assert found.labels == ["x0", "x1"]
    assert found.method == "linear"
    assert found.additivity_error() < 1e-6


def test_new_levels_get_what_a_covariance_structure_makes_of_them():
    rng = np.random.default_rng(0)
    times = np.repeat(np.arange(12.0), 4)
    data = pd.DataFrame({"week": times.astype(int).astype(str), "t": times})
    data["x"] = rng.normal(size=len(data))
    data["y"] = data.x + np.sin(times / 3) + 0.1 * rng.normal(size=len(data))
    model = TabMixNNRegressor(
        "y ~ x + (1 | week)",
        cov_struct_map={"week": {"type": "gp", "coordinates_col": ["t"]}},
        **EXACT,
    ).fit(data[data.t != 5])
    new = data[data.t == 5]
    found = model.explain(new, background_data=data)
    assert found.additivity_error() < 1e-6
    assert np.abs(found.frame()["week"]).min() > 0.1


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_group_that_is_a_feature_too_has_two_names(data):
    model = TabMixNNRegressor("y ~ x1 + g + (0 + x1 | g)", **EXACT).fit(data)
    assert model.explain(data.head(4)).labels == ["x1", "g", "(g)"]
