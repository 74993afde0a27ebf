"""Features without a formula: numeric and categorical columns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from tabmixnn import TabMixNN, TabMixNNRegressor

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


@BOTH
@pytest.mark.filterwarnings("ignore:essentially perfect")
def test_columns_may_have_numbers_for_names(inference, table, tmp_path):
    data, y = table
    options = {"inference": inference, "random_state": 0, **SHORT[inference]}
    numbered = data.set_axis([0, 1, 2], axis=1)
    model = TabMixNNRegressor(**options).fit(numbered, y)
    expected = TabMixNNRegressor(**options).fit(data, y).predict(data)
    np.testing.assert_array_equal(model.predict(numbered), expected)
    assert np.isfinite(model.explain(numbered.head(3)).values).all()
    model.plot_dependence(numbered, 1)
    model.save(tmp_path / "model.tmx")
    again = TabMixNNRegressor.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(numbered), expected)


@BOTH
@pytest.mark.parametrize(
    "names",
    [
        pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("b", 0)]),
        pd.Index([("a", 0), "kind", "size"], tupleize_cols=False),
    ],
    ids=["levels", "one tuple"],
)
def test_names_of_columns_are_no_tuples(names, inference, table):
    data, y = table
    model = TabMixNNRegressor(inference=inference, **SHORT[inference])
    with pytest.raises(ValueError, match=r"^X has columns whose names are tuples, such as \('a'"):
        model.fit(data.set_axis(names, axis=1), y)


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


WHOLE = {
    "integers": lambda k: k,
    "floats": lambda k: k.astype(float),
    "short floats": lambda k: k.astype(np.float32),
    "objects": lambda k: k.astype(object),
    "text": lambda k: k.astype(str),
    "text of floats": lambda k: k.astype(float).astype(str),
}


@pytest.fixture
def whole():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "k": rng.integers(-1, 2, 120)})
    return data, data["x"] + data["k"].map({-1: 0, 0: 3, 1: -3}) + rng.normal(size=120)


@pytest.mark.parametrize("train", WHOLE.values(), ids=list(WHOLE))
def test_a_whole_number_is_the_same_level_however_it_is_stored(train, whole):
    data, y = whole
    fitted = data.assign(k=pd.Categorical(train(data["k"])))
    model = TabMixNNRegressor(random_state=0).fit(fitted, y)
    expected = TabMixNNRegressor(random_state=0).fit(data.astype({"k": "category"}), y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for stored in WHOLE.values():
            for new in (stored(data["k"]), pd.Categorical(stored(data["k"]))):
                found = model.predict(data.assign(k=new))
                np.testing.assert_array_equal(found, expected.predict(fitted))


def test_a_column_of_integers_and_floats_has_one_level_a_number(whole):
    data, y = whole
    mixed = [float(k) if i % 2 else k for i, k in enumerate(data["k"].tolist())]
    model = TabMixNNRegressor(inference="marginal", hidden_dims=[])
    model.fit(data.assign(k=np.array(mixed, dtype=object)), y)
    assert list(model.fixef().index) == ["(Intercept)", "x", "k0", "k1"]


def test_other_numbers_and_names_are_what_they_are(whole):
    data, y = whole
    names = pd.Categorical(data["k"].map({-1: "v1", 0: "0.5", 1: "2.0.0"}))
    model = TabMixNNRegressor(inference="marginal", hidden_dims=[]).fit(data.assign(k=names), y)
    for other in ("v1.0", "0", "2.0"):
        with pytest.warns(UserWarning, match="120 rows with a category"):
            model.predict(data.assign(k=other))


def test_a_model_file_with_levels_spelt_as_floats_is_read_as_it_was(whole, tmp_path):
    data, y = whole
    kept = data.assign(k=pd.Categorical(data["k"].astype(float)))
    model = TabMixNNRegressor(random_state=0).fit(kept, y)
    expected = model.predict(kept)
    # As files were written before whole numbers had one spelling.
    model._design.cat_levels = [np.array(["-1.0", "0.0", "1.0"], dtype=object)]
    model.save(tmp_path / "old.tmx")
    again = TabMixNN.load(tmp_path / "old.tmx")
    for rows in (kept, data.astype({"k": "category"})):
        np.testing.assert_array_equal(again.predict(rows), expected)


@pytest.mark.parametrize("kind", ["category", "str"])
def test_a_model_of_categories_needs_a_data_frame_again(kind, whole):
    data, y = whole
    data = data.astype({"k": kind})
    model = TabMixNNRegressor(inference="marginal", hidden_dims=[]).fit(data, y)
    with pytest.raises(ValueError, match="fitted to a data frame with the category 'k'; give new"):
        model.predict(data.to_numpy())


def test_a_category_that_was_never_seen_is_not_the_one_without_a_name():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.uniform(-2, 2, 300), "c": rng.choice(["", "a", "b"], 300)})
    y = 6 * np.sin(3 * data["x"]) * (data["c"] == "") + 0.1 * rng.normal(size=300)
    new = pd.DataFrame({"x": [0.5, -0.5], "c": "new"})
    named = data.replace({"c": {"": "_"}})
    with pytest.warns(UserWarning, match="2 rows with a category"):
        found = TabMixNNRegressor(random_state=0).fit(data, y).predict(new)
    with pytest.warns(UserWarning, match="2 rows with a category"):
        expected = TabMixNNRegressor(random_state=0).fit(named, y).predict(new)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert np.abs(found).max() < 3
