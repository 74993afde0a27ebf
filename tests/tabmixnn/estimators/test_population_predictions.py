"""Predictions at the population level do not ask for the columns that tell groups."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor

FORMULA = "y ~ x + z + (x | g) + (1 | h)"
NETWORK = {"inference": "variational", "epochs": 2}
MODELS = {
    "exact": {"inference": "marginal", "hidden_dims": []},
    "grown": {},
    "neural": {"inference": "marginal", "hidden_dims": [4]},
    "network": NETWORK,
    "network with an unknown group": {"unknown_strategy": "learned", **NETWORK},
}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    g, h, x, z = rng.integers(0, 25, 300), rng.integers(0, 6, 300), *rng.normal(size=(2, 300))
    slopes, means = rng.normal(size=(2, 25))
    y = np.sin(2 * x) + slopes[g] * x + means[g] + 0.3 * rng.normal(size=300)
    columns = {"y": y, "b": np.where(y > 0, "yes", "no"), "x": x, "z": z}
    return pd.DataFrame({**columns, "g": [f"g{i}" for i in g], "h": h})


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS)
def test_same_numbers_with_and_without_the_columns(options, data):
    model = TabMixNNRegressor(FORMULA, random_state=0, **options).fit(data)
    if not options:
        assert len(model.terms_)
    new = data.assign(g=data.g.where(data.index % 3 != 0, "new"))
    less = new[["x", "z"]]
    for asked in ({}, {"kind": "link"}, {"interval": 0.8, "return_std": True}):
        found = model.predict(less, re_form="none", **asked)
        assert_array_equal(found, model.predict(new, re_form="none", **asked))
    with pytest.raises(ValueError, match="no column 'g'"):
        model.predict(less)


def test_nested_groups(data):
    model = TabMixNNRegressor("y ~ x + (1 | h/g)", random_state=0).fit(data)
    expected = model.predict(data, re_form="none")
    assert_array_equal(model.predict(data[["x"]], re_form="none"), expected)
    assert_array_equal(model.predict(data.drop(columns="h"), re_form="none"), expected)


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_structures_over_levels(inference, data):
    options = {"hidden_dims": [], "random_state": 0}
    options |= {"epochs": 2} if inference == "variational" else {}
    structure = {"h": {"type": "AR1", "time_col": "time"}}
    data = data.assign(time=data.h)
    model = TabMixNNRegressor(
        "y ~ x + (1 | h)", inference=inference, cov_struct_map=structure, **options
    ).fit(data)
    later = data.assign(h=data.h + 3, time=data.time + 3)
    expected = model.predict(later, re_form="none")
    assert_array_equal(model.predict(data[["x"]], re_form="none"), expected)


def test_classes(data):
    model = TabMixNNClassifier("b ~ x + (1 | g)", **MODELS["exact"]).fit(data)
    for method in (model.predict, model.predict_proba):
        assert_array_equal(
            method(data[["x"]], re_form="none"),
            method(data, re_form="none"),
        )


def test_files(data, tmp_path):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **MODELS["exact"]).fit(data)
    data[["x"]].to_parquet(tmp_path / "new.parquet")
    found = model.predict(tmp_path / "new.parquet", re_form="none")
    np.testing.assert_allclose(found, model.predict(data, re_form="none"))


def test_a_group_that_is_a_fixed_effect_too_is_read(data):
    model = TabMixNNRegressor("y ~ x + h + (1 | h)", **MODELS["exact"]).fit(data)
    with pytest.raises(ValueError, match="no column 'h'"):
        model.predict(data[["x"]], re_form="none")


def test_missing_groups_do_not_matter(data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **MODELS["exact"]).fit(data)
    expected = model.predict(data, re_form="none")
    assert_array_equal(model.predict(data.assign(g=None), re_form="none"), expected)
