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


def test_missing_numbers_are_no_value_either(model, data):
    some = data.assign(x=data["x"].mask(data.index % 7 == 0).round())
    assert not dependence_curves(model, some, "x", None).index.hasnans
    with pytest.raises(ValueError, match="Column 'x' has no value"):
        dependence_curves(model, data.assign(x=np.nan), "x", None)
