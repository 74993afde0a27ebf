"""The values at which partial dependence is looked at."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.interpret.dependence import dependence_curves

DOSES = ["low", "mid", "high"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    frame = pd.DataFrame({"g": np.arange(60) // 6, "x": rng.normal(size=60)})
    frame["dose"] = pd.Categorical.from_codes(codes, [*DOSES, "never"], ordered=True)
    frame["y"] = codes + frame["x"] + rng.normal(size=10)[frame["g"]] + rng.normal(size=60)
    return frame


@pytest.fixture(scope="module")
def model(data):
    formula = "y ~ x + C(dose, contr.treatment) + (1 | g)"
    return TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(
        data.assign(dose=data["dose"].cat.remove_unused_categories())
    )


def test_categories_are_in_their_order(model, data):
    curves = dependence_curves(model, data, "dose", "g")
    assert curves.index.tolist() == DOSES
    effects = model.fixef().filter(like="dose").to_numpy()
    np.testing.assert_allclose(np.diff(curves["population"]), np.diff([0, *effects]))


@pytest.mark.parametrize("kind", ["category", "object"])
def test_what_is_missing_is_no_category(model, data, kind):
    some = data.astype({"dose": kind})
    some.loc[::7, "dose"] = None
    found = dependence_curves(model, some, "dose", None)
    order = DOSES if kind == "category" else sorted(DOSES)
    expected = dependence_curves(model, data, "dose", None).loc[order]
    pd.testing.assert_frame_equal(found, expected, check_index_type=False)


def test_a_level_can_be_called_as_the_population_is(model, data):
    names = np.array(["population", *"abcdefghi"])
    named = data.assign(g=names[data["g"]])
    again = TabMixNNRegressor("y ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(named)
    curves = dependence_curves(again, named, "x", "g")
    assert curves.shape == (30, 11)
    alone = dependence_curves(again, named, "x", None)["population"]
    np.testing.assert_array_equal(curves.iloc[:, 0], alone)
    own = again.ranef()["g"].loc["population", "(Intercept)"]
    ours = curves.iloc[:, 1:]["population"] - curves.iloc[:, 1:]["a"]
    np.testing.assert_allclose(ours, own - again.ranef()["g"].loc["a", "(Intercept)"])


def test_numbers_that_are_levels_have_values_that_occur():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"year": np.repeat(np.arange(1950, 2030, 2), 4), "x": rng.normal(size=160)})
    data["site"] = rng.integers(0, 50, 160)
    own = rng.normal(size=50)[data["site"]]
    data["y"] = data["year"] / 10 + data["x"] + own + rng.normal(size=160)
    formula = "y ~ x + factor(year) + (1 | site)"
    model = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(data)
    for column in ("year", "site"):
        found = dependence_curves(model, data, column, None).index
        assert len(found) == 30
        assert found.is_monotonic_increasing
        assert {data[column].min(), data[column].max()} < set(found) < set(data[column])
    assert not set(dependence_curves(model, data, "x", None).index) < set(data["x"])
    steps = dependence_curves(model, data, "year", None)["population"].diff().dropna()
    assert steps.mean() > 0.1


def test_missing_numbers_are_no_value_either(model, data):
    some = data.assign(x=data["x"].mask(data.index % 7 == 0).round())
    assert not dependence_curves(model, some, "x", None).index.hasnans
    with pytest.raises(ValueError, match="Column 'x' has no value"):
        dependence_curves(model, data.assign(x=np.nan), "x", None)
