"""Features without a formula: numeric and categorical columns."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {
            "x": rng.normal(size=200),
            "kind": rng.choice(["a", "b", "c"], size=200),
            "size": pd.Categorical(rng.choice(["s", "l"], size=200)),
        }
    )
    y = data.x + data.kind.map({"a": 0, "b": 3, "c": -3}) + (data["size"] == "l")
    return data, y


def test_categories_are_used(table):
    data, y = table
    model = TabMixNNRegressor(lr=0.02, random_state=0).fit(data, y)
    assert model.score(data, y) > 0.9
    assert model.feature_names_in_.tolist() == ["x", "kind", "size"]
    assert (
        TabMixNNRegressor(lr=0.02, random_state=0).fit(data[["x"]], y).score(data[["x"]], y) < 0.5
    )


def test_only_categories_are_enough(table):
    data, y = table
    columns = ["kind", "size"]
    model = TabMixNNRegressor(lr=0.02, random_state=0).fit(data[columns], y)
    assert model.score(data[columns], y) > 0.7


def test_an_unseen_category_is_predicted_with_a_warning(table):
    data, y = table
    model = TabMixNNRegressor(epochs=3, random_state=0).fit(data, y)
    with pytest.warns(UserWarning, match="Column 'kind' has 200 rows with a category"):
        assert np.isfinite(model.predict(data.assign(kind="new"))).all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("x", np.nan, "Column 'x' has 1 values that are NaN or infinity"),
        ("x", np.inf, "Column 'x' has 1 values that are NaN or infinity"),
        ("kind", None, "Column 'kind' has 1 missing values"),
    ],
)
def test_missing_values_name_the_column(column, value, message, table):
    data, y = table
    data.loc[5, column] = value
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(epochs=1).fit(data, y)
