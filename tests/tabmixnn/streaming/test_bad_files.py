"""Every kind of bad file, and what cannot be read from one, is refused in one clear sentence."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.formula import FormulaError, MissingColumnError, MissingValueError
from tabmixnn.streaming import DataSourceError


def exact(formula="y ~ x + (1 | g)", **options):
    return TabMixNNRegressor(formula, **{"inference": "marginal", "hidden_dims": []} | options)


def test_no_such_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none.parquet: there is no such file"):
        exact().fit(tmp_path / "none.parquet")


def test_no_parquet(tmp_path):
    (tmp_path / "rows.csv").write_text("y,x,g\n1,2,3\n")
    with pytest.raises(DataSourceError, match=r"rows.csv cannot be read as Parquet"):
        exact().fit(tmp_path / "rows.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSourceError, match="a folder without Parquet files"):
        exact().fit(tmp_path / "empty")


def test_no_rows(data, tmp_path):
    data[:0].to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(DataSourceError, match=r"rows.parquet has no rows"):
        exact().fit(tmp_path / "rows.parquet")


def test_a_missing_column_and_the_nearest(parquet):
    with pytest.raises(MissingColumnError, match=r"no column 'sites'. Did you mean 'site'"):
        exact("y ~ sites + (1 | g)").fit(parquet)
    with pytest.raises(MissingColumnError, match="no column 'weight'"):
        exact(weights="weight").fit(parquet)
    model = exact().fit(parquet)
    with pytest.raises(MissingColumnError, match="no column 'x'"):
        model.predict(_without(parquet, "x"))


def _without(parquet, column):
    path = parquet.with_name("without.parquet")
    pd.read_parquet(parquet).drop(columns=column).to_parquet(path)
    return path


def test_missing_values_are_counted_over_the_whole_file(data, tmp_path):
    data.loc[::10, "x"] = np.nan
    data.to_parquet(tmp_path / "rows.parquet", row_group_size=100)
    with pytest.raises(MissingValueError, match=r"'x' is missing in 150 of 1500 rows.*'omit'"):
        exact().fit(tmp_path / "rows.parquet")
    data["x"] = np.nan
    data.to_parquet(tmp_path / "rows.parquet", row_group_size=100)
    with pytest.raises(FormulaError, match="every row has a missing value"):
        exact(na_action="omit").fit(tmp_path / "rows.parquet")


def test_missing_values_of_rows_to_predict_are_those_of_a_batch(data, parquet, tmp_path):
    model = exact().fit(parquet)
    data.loc[[700, 1400], "x"] = np.nan
    data.to_parquet(tmp_path / "new.parquet")
    with pytest.raises(MissingValueError, match=r"^column 'x' is missing in 2 of 1500 rows"):
        model.predict(tmp_path / "new.parquet")
    wanted = r"^in rows 600 to 799 of .*new.parquet: column 'x' is missing in 1 of 200 rows"
    with pytest.raises(MissingValueError, match=wanted):
        list(model.predict_batches(tmp_path / "new.parquet", batch_rows=200))


def test_infinite_values(data, tmp_path):
    data.loc[700, "x"] = np.inf
    data.to_parquet(tmp_path / "rows.parquet", row_group_size=100)
    with pytest.raises(MissingValueError, match=r"'x' is infinite in 1 row.* the index 700"):
        exact().fit(tmp_path / "rows.parquet")


def test_weights_that_are_not_positive(data, tmp_path):
    data.loc[[300, 900], "w"] = [0.0, -1.0]
    data.to_parquet(tmp_path / "rows.parquet", row_group_size=100)
    with pytest.raises(ValueError, match="'w' has 2 that are not, the first in row 300"):
        exact(weights="w").fit(tmp_path / "rows.parquet")


def test_text_in_one_file_and_numbers_in_another(data, tmp_path):
    data[:700].to_parquet(tmp_path / "a.parquet")
    data[700:].assign(g=lambda d: d["g"].astype(str)).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataSourceError, match=r"'g' is of type .*string in .*b.parquet"):
        exact().fit(tmp_path)


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_files_need_to_agree_on_the_columns_that_are_read(inference, data, tmp_path):
    data["note"] = 1.0
    data[:700].to_parquet(tmp_path / "a.parquet")
    data[700:].assign(note="text").to_parquet(tmp_path / "b.parquet")
    options = {"inference": inference} | ({"epochs": 1} if inference == "variational" else {})
    model = exact(**options).fit(tmp_path)
    assert model.predict(tmp_path).shape == (1500,)
    for formula in ("y ~ x + note + (1 | g)", "y ~ . + (1 | g)"):
        with pytest.raises(DataSourceError, match="'note' is of type"):
            exact(formula, **options).fit(tmp_path)
    with pytest.raises(DataSourceError, match="'note' is of type"):
        exact(weights="note").fit(tmp_path)


@pytest.mark.parametrize("inference", ["marginal", "variational"])
def test_a_file_in_which_all_values_of_a_column_are_missing(inference, data, tmp_path):
    data[:700].to_parquet(tmp_path / "a.parquet")
    data[700:].assign(site=None).to_parquet(tmp_path / "b.parquet")
    options = {"inference": inference, "na_action": "omit", "random_state": 0}
    options |= {"epochs": 1} if inference == "variational" else {}
    found = exact("y ~ x + site + (1 | g)", **options).fit(tmp_path)
    data[:700].to_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").unlink()
    expected = exact("y ~ x + site + (1 | g)", **options).fit(tmp_path)
    # A network sees the rows in another order.
    rtol = 1e-9 if inference == "marginal" else 0.01
    np.testing.assert_allclose(found.predict(data), expected.predict(data), rtol=rtol)


def test_a_group_that_was_a_number_and_comes_as_text(data, parquet):
    model = exact().fit(parquet)
    text = data.assign(g=data["g"].astype(str))
    np.testing.assert_allclose(model.predict(text), model.predict(data))
    with pytest.raises(FormulaError, match="'x' held numbers in the training data"):
        model.predict(data.assign(x=data["x"].astype(str)))


def test_a_level_that_the_training_file_did_not_have(data, parquet):
    model = exact("y ~ site + (1 | g)").fit(parquet)
    with pytest.raises(FormulaError, match="site has the level 'east'"):
        model.predict(data.assign(site="east"))


def test_a_name_of_two_columns(data, tmp_path):
    data.rename(columns={"z": "sitewest"}).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(FormulaError, match="site and sitewest both have a column named 'sitewest'"):
        exact("y ~ site + (sitewest | g)").fit(tmp_path / "rows.parquet")


def test_one_level(data, tmp_path):
    data.assign(site="north", g=1).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(FormulaError, match="site has only the level 'north'"):
        exact("y ~ site + (1 | item)").fit(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="'g' has only one"):
        exact("y ~ x + (1 | g)").fit(tmp_path / "rows.parquet")


def test_a_constant_response_and_all_distinct_groups(data, tmp_path):
    data.assign(y=1.0, nest=1).to_parquet(tmp_path / "rows.parquet")
    for options in ({}, {"inference": "variational"}):
        with pytest.raises(ValueError, match="constant: all 1500 values are 1"):
            exact(**options).fit(tmp_path / "rows.parquet")
    network = TabMixNN("nest ~ x + (1 | g)", family="binomial", inference="variational")
    with pytest.raises(ValueError, match="all 1500 responses are 1"):
        network.fit(tmp_path / "rows.parquet")
    data.assign(g=np.arange(len(data))).to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(ValueError, match="number of observations"):
        exact().fit(tmp_path / "rows.parquet")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inference": "auto"}, "inference='auto' looks at the rows again and again"),
        ({"hidden_dims": [4]}, "inference='marginal' with hidden layers looks at the rows"),
        ({"formula": "y ~ bs(x, df = 5) + (1 | g)"}, "df places knots at quantiles"),
        ({"formula": "y ~ poly(x, 2, coefs = 1) + (1 | g)"}, "coefs are learned"),
        ({"formula": "~ x + (1 | g)"}, "name it before the tilde"),
        ({"formula": "site ~ x + (1 | g)"}, "'site' is categorical"),
        ({"nagq": 5}, "needs no quadrature"),
        ({"cov_struct_map": {"g": {"type": "AR1"}}}, "cov_struct_map needs all rows at once"),
    ],
)
def test_what_is_not_read_from_a_file(options, message, parquet):
    with pytest.raises(ValueError, match=message):
        exact(**options).fit(parquet)


def test_what_goes_with_frames_only(data, parquet):
    with pytest.raises(ValueError, match=r"one of its columns.* leave y out"):
        exact().fit(parquet, data["y"])
    with pytest.raises(ValueError, match=r"one of its columns: name it by the parameter weights"):
        exact().fit(parquet, weights=data["w"])
    with pytest.raises(ValueError, match="warm_start"):
        exact().fit(parquet, warm_start=True)
    with pytest.raises(TypeError, match="fitted by a formula"):
        exact(None).fit(parquet)
    with pytest.raises(ValueError, match="where the outcome is gaussian"):
        TabMixNN("nest ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[]).fit(
            parquet
        )
    with pytest.raises(ValueError, match="where the outcome is gaussian"):
        TabMixNNClassifier("factor(nest) ~ x + (1 | g)", inference="marginal", hidden_dims=[]).fit(
            parquet
        )
