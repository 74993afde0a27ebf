"""Features without a formula: numeric and categorical columns."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tabmixnn import TabMixNNRegressor

BOTH = pytest.mark.parametrize("inference", ["auto", "variational"])
SHORT = {"auto": {}, "variational": {"epochs": 2}}
RATE = {"auto": {}, "variational": {"lr": 0.02}}


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


@BOTH
def test_categories_are_used(inference, table):
    data, y = table
    options = {"inference": inference, "random_state": 0, **RATE[inference]}
    model = TabMixNNRegressor(**options).fit(data, y)
    assert model.score(data, y) > 0.9
    assert model.feature_names_in_.tolist() == ["x", "kind", "size"]
    assert TabMixNNRegressor(**options).fit(data[["x"]], y).score(data[["x"]], y) < 0.5


@BOTH
def test_only_categories_are_enough(inference, table):
    data, y = table
    columns = ["kind", "size"]
    options = {"inference": inference, "random_state": 0, **RATE[inference]}
    model = TabMixNNRegressor(**options).fit(data[columns], y)
    assert model.score(data[columns], y) > 0.7


def test_an_unseen_category_is_predicted_with_a_warning(table):
    data, y = table
    model = TabMixNNRegressor(inference="variational", epochs=3, random_state=0).fit(data, y)
    with pytest.warns(UserWarning, match="Column 'kind' has 200 rows with a category .* zeros"):
        assert np.isfinite(model.predict(data.assign(kind="new"))).all()


@pytest.mark.filterwarnings("ignore:essentially perfect")
@pytest.mark.parametrize("formula", [None, "~ x + kind + size"])
def test_an_unseen_category_is_predicted_as_the_reference_by_contrasts_alone(formula, table):
    data, y = table
    noisy = y + np.random.default_rng(1).normal(size=200)
    model = TabMixNNRegressor(formula, random_state=0).fit(data, noisy)
    assert model.inference_ == "marginal"
    with pytest.warns(
        UserWarning, match="'kind' has 200 rows .* with the coding of the reference level 'a'"
    ):
        found = model.predict(data.assign(kind="new"))
    np.testing.assert_array_equal(found, model.predict(data.assign(kind="a")))


@BOTH
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("x", np.nan, "Column 'x' has 1 values that are NaN or infinity"),
        ("x", np.inf, "Column 'x' has 1 values that are NaN or infinity"),
        ("kind", None, "Column 'kind' has 1 missing values"),
    ],
)
def test_missing_values_name_the_column(column, value, message, inference, table):
    data, y = table
    data.loc[5, column] = value
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(inference=inference).fit(data, y)


DAYS = pd.date_range("2020-01-01", periods=200)


@pytest.mark.parametrize(
    "times",
    [
        DAYS,
        DAYS.tz_localize("UTC"),
        DAYS - DAYS[0],
        DAYS.to_period("M"),
        DAYS.date,
        DAYS.to_pydatetime().astype(object),
    ],
    ids=["dates", "with a zone", "durations", "periods", "plain dates", "objects"],
)
def test_dates_are_neither_numbers_nor_categories(times, table):
    data, y = table
    with pytest.raises(ValueError, match=r"^Column 'when' .* days since a date, or leave it out"):
        TabMixNNRegressor().fit(data.assign(when=times), y)


def test_dates_are_refused_of_new_rows_too(table):
    data, y = table
    model = TabMixNNRegressor(inference="marginal", hidden_dims=[]).fit(data, y)
    with pytest.raises(ValueError, match="Column 'x' holds values of the type 'datetime64'"):
        model.predict(data.assign(x=DAYS))


@BOTH
@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix, sparse.dok_array])
def test_a_sparse_matrix_is_refused_in_a_sentence(kind, inference, table):
    data, y = table
    numbers = data[["x"]].to_numpy()
    model = TabMixNNRegressor(inference=inference, **SHORT[inference])
    said = rf"^X is a sparse matrix \({kind.__name__}\), .* pass X\.toarray\(\)"
    with pytest.raises(TypeError, match=said):
        model.fit(kind(numbers), y)
    with pytest.raises(TypeError, match=said):
        model.fit(numbers, y).predict(kind(numbers))


@BOTH
def test_sparse_columns_of_a_frame_are_read(inference, table):
    data, y = table
    numbers = data[["x"]].assign(z=(data["x"] > 0).astype(float))
    kept = numbers.astype(pd.SparseDtype(float, 0.0))
    options = {"inference": inference, "random_state": 0, **SHORT[inference]}
    expected = TabMixNNRegressor(**options).fit(numbers, y).predict(numbers)
    found = TabMixNNRegressor(**options).fit(kept, y).predict(kept)
    np.testing.assert_array_equal(found, expected)
