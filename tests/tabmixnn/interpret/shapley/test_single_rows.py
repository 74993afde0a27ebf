"""A single row is compared with training rows, never with itself."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

EXACT = {"inference": "marginal", "hidden_dims": []}
NETWORK = {"inference": "variational", "epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 300))
    g = rng.integers(0, 12, 300)
    y = x + np.sin(3 * z) + rng.normal(size=12)[g] + 0.3 * rng.normal(size=300)
    c = pd.cut(z, [-9, -1, 1, 9])
    columns = {"x": x, "z": z, "c": c, "g": [f"g{i}" for i in g], "y": y}
    return pd.DataFrame({**columns, "b": np.where(y > 0, "yes", "no")})


def test_an_exact_model_uses_training_rows(data):
    model = TabMixNNRegressor("y ~ x + poly(z, 2) + (1 | g)", **EXACT).fit(data)
    assert model.background_.shape == (100, 2)
    assert model.background_["x"].isin(data["x"]).all()
    one = data.iloc[[7]]
    found = model.explain(one).frame()
    slope = model.fixef()["x"]
    expected = slope * (one["x"].item() - model.background_["x"].mean())
    np.testing.assert_allclose(found["x"], expected)
    assert abs(found["z"].item()) > 0.01
    np.testing.assert_allclose(model.explain(one).prediction[:, 0], model.predict(one))
    again = TabMixNNRegressor("y ~ x + poly(z, 2) + (1 | g)", **EXACT).fit(data)
    pd.testing.assert_frame_equal(again.background_, model.background_)


@pytest.mark.parametrize(
    ("cls", "formula", "options"),
    [
        (TabMixNNRegressor, "y ~ x + z + c + (1 | g)", EXACT),
        (TabMixNNRegressor, "y ~ x + z + c + (1 | g)", {"random_state": 0}),
        (TabMixNNRegressor, "y ~ x + z + (1 | g)", {"inference": "marginal", "hidden_dims": [4]}),
        (TabMixNNRegressor, "y ~ x + offset(z) + (1 | g)", EXACT),
        (TabMixNNClassifier, "b ~ x + z + (1 | g)", EXACT),
    ],
    ids=["exact", "grown", "neural", "offset", "classes"],
)
def test_values_add_up_and_files_keep_the_rows(cls, formula, options, data, tmp_path):
    model = cls(formula, **options).fit(data)
    one = data.iloc[[7]]
    found = model.explain(one)
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total, found.prediction)
    assert (np.abs(found.values[0, :, 0]) > 1e-6).sum() >= 2
    model.save(tmp_path / "model.tmx")
    again = TabMixNN.load(tmp_path / "model.tmx")
    np.testing.assert_allclose(again.explain(one).values, found.values)
    assert model.plot_waterfall(one)


@pytest.mark.parametrize("options", [EXACT, {"random_state": 0}, NETWORK])
@pytest.mark.parametrize("formula", ["y ~ x + z + (x | g)", None])
def test_half_floats_are_doubles(formula, options, data, tmp_path):
    """Pandas has no index of halves, and model files have no arrays of them."""
    halves = data.astype({"x": np.float16, "z": np.float16})
    doubles = halves.astype({"x": np.float64, "z": np.float64})
    given = (None,) if formula else (data["y"],)
    columns = list(data) if formula else ["x", "z"]
    model = TabMixNNRegressor(formula, **options).fit(halves[columns], *given)
    model.save(tmp_path / "model.tmx")
    wanted = TabMixNNRegressor(formula, **options).fit(doubles[columns], *given)
    for fitted in (model, TabMixNN.load(tmp_path / "model.tmx")):
        np.testing.assert_array_equal(
            fitted.predict(halves[columns]), wanted.predict(doubles[columns])
        )
        found = fitted.explain(halves[columns][:9], background_data=halves[columns])
        expected = wanted.explain(doubles[columns][:9], background_data=doubles[columns])
        np.testing.assert_array_equal(found.values, expected.values)
        if formula:
            assert fitted.plot_dependence(halves, "x")


@pytest.mark.parametrize("as_array", [False, True])
def test_without_a_formula(as_array, data):
    X = data[["x", "z"]].to_numpy() if as_array else data[["x", "z", "g"]]
    model = TabMixNNRegressor(**EXACT).fit(X, data["y"])
    found = model.explain(X[:1])
    assert (np.abs(found.values[0, :2, 0]) > 1e-3).all()
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total[:, 0], model.predict(X[:1]))


def test_a_network_asks_for_rows(data):
    model = TabMixNNRegressor("y ~ x + z + (1 | g)", **NETWORK).fit(data)
    assert not hasattr(model, "background_")
    for explain in (model.explain, model.shapley_values, model.plot_waterfall):
        with pytest.raises(
            ValueError, match=r"single row cannot be compared with itself.*background"
        ):
            explain(data.iloc[[7]])
    found = model.explain(data.iloc[[7]], background_data=data)
    assert np.abs(found.values[0, :2, 0]).max() > 0
    assert len(model.explain(data.head(2)).values) == 2


def test_a_model_of_groups_alone_needs_none(data):
    model = TabMixNNRegressor("y ~ 1 + (1 | g)", **NETWORK).fit(data)
    assert model.explain(data.iloc[[7]]).labels == ["g"]


def test_several_rows_are_compared_with_each_other(data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(data)
    rows = data.head(5)
    found = model.explain(rows).frame()["x"]
    np.testing.assert_allclose(found, model.fixef()["x"] * (rows["x"] - rows["x"].mean()))


def test_another_fit_keeps_other_rows(data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **EXACT).fit(data)
    assert model.fit(data.head(50)).background_["x"].tolist() == data["x"].head(50).tolist()
    assert not hasattr(model.set_params(**NETWORK).fit(data), "background_")
