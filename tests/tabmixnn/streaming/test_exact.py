"""The exact fit of a file is that of the data frame, and says what it did not keep."""

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.formula.errors import MissingValueError
from tabmixnn.streaming import RowsNotKeptError
from tabmixnn.streaming import lessons as lessons_module
from tabmixnn.streaming import rows as rows_module


def exact(formula, **options):
    return TabMixNNRegressor(formula, inference="marginal", hidden_dims=[], **options)


def assert_same(streamed, kept):
    def close(a, b):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)

    pd.testing.assert_series_equal(streamed.fixef(), kept.fixef(), rtol=1e-9, atol=1e-9)
    close(streamed.vcov(), kept.vcov())
    close(streamed.var_corr()[["vcov", "sdcor"]], kept.var_corr()[["vcov", "sdcor"]])
    close(streamed.loglik_, kept.loglik_)
    close([streamed.aic_, streamed.bic_], [kept.aic_, kept.bic_])
    assert streamed.nobs_ == kept.nobs_
    for group, effects in kept.ranef().items():
        found = streamed.ranef()[group]
        assert found.index.tolist() == effects.index.tolist()
        # The optimum of the variances is flat: their eighth digit is worth 1e-13 of the criterion.
        np.testing.assert_allclose(found, effects, rtol=1e-7, atol=1e-7)


FORMULAS = [
    "y ~ x + (1 | g)",
    "y ~ x + site + (1 + x | g)",
    "y ~ site * x + offset(known) + (x || g)",
    "y ~ scale(x) + log(z) + (1 | g) + (1 | item)",
    "y ~ poly(x, 2) + bs(z, knots = c(2, 3)) + (1 + scale(x) | g) + (1 | item) + (1 | site)",
    "y ~ factor(nest) + center(scale(log(z))) + (1 | item / nest)",
    "y ~ 0 + site + I(x > 50) + (1 | g:site)",
    "y ~ x + I(2 * x + 1) + z + (1 | g)",
    "log(y) ~ x + site",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.filterwarnings("ignore:boundary", "ignore:fixed-effect model matrix is rank")
def test_the_fit_is_that_of_the_frame(formula, weights, data, parquet):
    streamed = exact(formula, weights=weights).fit(parquet)
    assert_same(streamed, exact(formula, weights=weights).fit(data))


def test_maximum_likelihood_and_the_tests_of_effects(data, parquet):
    formula = "y ~ x + site + (1 | g) + (1 | item)"
    streamed, kept = exact(formula, reml=False).fit(parquet), exact(formula, reml=False).fit(data)
    assert_same(streamed, kept)
    smaller = exact("y ~ x + (1 | g) + (1 | item)", reml=False)
    np.testing.assert_allclose(
        streamed.anova(smaller.fit(parquet)), kept.anova(smaller.fit(data)), rtol=1e-7
    )


@pytest.mark.parametrize("ddf", ["satterthwaite", "kenward_roger"])
def test_the_summary_has_everything_but_residuals(ddf, data, parquet):
    formula = "y ~ x + (1 | g) + (1 | item)"
    streamed, kept = exact(formula).fit(parquet), exact(formula).fit(data)
    found, expected = streamed.summary(ddf=ddf), kept.summary(ddf=ddf)
    pd.testing.assert_frame_equal(found.fixed, expected.fixed, rtol=1e-6)
    assert found.residuals is None
    assert "Scaled residuals" not in str(found)
    assert "Scaled residuals" in str(streamed.summary(data))


def test_rows_sorted_so_that_a_sample_misleads(data, tmp_path):
    """Each row group has one site and nearly one x, as a file appended to day by day has."""
    data = data.sort_values(["site", "x"]).assign(x=lambda d: d["x"] + 1e5)
    path = tmp_path / "sorted.parquet"
    data.to_parquet(path, row_group_size=50, index=False)
    formula = "y ~ site + x + (1 + x | g)"
    assert_same(exact(formula).fit(path), exact(formula).fit(data))


def test_many_levels_are_numbers_until_somebody_asks(data, parquet, monkeypatch):
    monkeypatch.setattr(lessons_module, "MANY", 10)
    formula = "y ~ x + (1 | g) + (1 | item)"
    streamed, kept = exact(formula).fit(parquet), exact(formula).fit(data)
    assert_same(streamed, kept)
    new = data.assign(g=data["g"] + 30, item="item1")
    for rows in (new, new.assign(g=new["g"].astype(str)), new.assign(g=new["g"].astype(float))):
        np.testing.assert_allclose(streamed.predict(rows), kept.predict(new), rtol=1e-9)
    odd = new.assign(g="no number")
    np.testing.assert_allclose(streamed.predict(odd), kept.predict(odd), rtol=1e-9)


def test_a_folder_a_dataset_and_a_path_as_text(data, tmp_path):
    for part in range(3):
        data.iloc[part::3].to_parquet(tmp_path / f"part{part}.parquet", index=False)
    in_order = pd.concat([data.iloc[part::3] for part in range(3)])
    kept = exact("y ~ x + (1 | g)").fit(in_order)
    for given in (tmp_path, str(tmp_path), ds.dataset(tmp_path)):
        assert_same(exact("y ~ x + (1 | g)").fit(given), kept)


def test_categories_keep_their_order_and_dictionary_columns_are_categories(data, tmp_path):
    order = ["west", "north", "south", "nowhere"]
    data["site"] = pd.Categorical(data["site"], categories=order)
    path = tmp_path / "categories.parquet"
    data.to_parquet(path, row_group_size=200)
    streamed = exact("y ~ site + (1 | item)").fit(path)
    assert streamed.fixef().index.tolist() == ["(Intercept)", "sitenorth", "sitesouth"]
    assert_same(streamed, exact("y ~ site + (1 | item)").fit(pd.read_parquet(path)))


def test_rows_with_missing_values_are_left_out_as_from_a_frame(data, tmp_path):
    data.loc[::7, "x"] = np.nan
    data.loc[3::11, "site"] = None
    data["g"] = data["g"].astype("Int64").mask(data.index % 13 == 0)
    path = tmp_path / "missing.parquet"
    data.to_parquet(path, row_group_size=100)
    formula = "y ~ scale(x) + site + (1 | g)"
    streamed = exact(formula, na_action="omit").fit(path)
    kept = exact(formula, na_action="omit").fit(pd.read_parquet(path))
    assert_same(streamed, kept)


def test_columns_without_a_value_in_the_first_file(data, tmp_path):
    first = data[:700].assign(x=None, site=None)
    first.to_parquet(tmp_path / "a.parquet")
    data[700:].to_parquet(tmp_path / "b.parquet")
    formula = "y ~ x + site + (1 | g)"
    streamed = exact(formula, na_action="omit").fit(tmp_path)
    assert_same(streamed, exact(formula).fit(data[700:]))


@pytest.mark.parametrize("unit", ["ns", "us", "s"])
def test_groups_that_are_times(unit, data, tmp_path):
    days = pd.Timestamp("2020-01-31 12:00") + pd.to_timedelta(data["g"], "D")
    data["g"] = days.astype(f"datetime64[{unit}]")
    path = tmp_path / "times.parquet"
    data.to_parquet(path, row_group_size=200)
    assert_same(exact("y ~ x + (1 | g)").fit(path), exact("y ~ x + (1 | g)").fit(data))


@pytest.mark.parametrize("many", [10, 10_000])
def test_long_ids_beside_missing_ones(many, data, tmp_path, monkeypatch):
    monkeypatch.setattr(lessons_module, "MANY", many)
    data["g"] = (data["g"].astype("Int64") + 300_000_000_000_000_007).mask(data.index == 1234)
    path = tmp_path / "ids.parquet"
    data.to_parquet(path, row_group_size=200)
    for weights in (None, "w"):
        streamed = exact("y ~ x + (1 | g)", na_action="omit", weights=weights).fit(path)
        assert_same(streamed, exact("y ~ x + (1 | g)", na_action="omit", weights=weights).fit(data))


def test_a_few_complete_rows_among_many_are_fitted_as_from_a_frame(data, tmp_path, monkeypatch):
    # As if the file were so long that its sample has a row in 150.
    monkeypatch.setattr(rows_module, "SAMPLE_ROWS", 10)
    data["x"] = data["x"].where(data.index.isin([*range(1, 80), 700, 1000]))
    path = tmp_path / "missing.parquet"
    data.to_parquet(path, row_group_size=100)
    for formula in ("y ~ x + (1 | nest)", "y ~ poly(x, 2) + bs(z) + site"):
        streamed = exact(formula, na_action="omit").fit(path)
        assert_same(streamed, exact(formula, na_action="omit").fit(data))


def test_rows_with_missing_weights_are_left_out_as_from_a_frame(data, tmp_path):
    data["w"] = np.where(data.index % 7 == 0, np.nan, 1.0 + data.index % 3)
    path = tmp_path / "missing.parquet"
    data.to_parquet(path, row_group_size=100)
    options = {"weights": "w", "na_action": "omit"}
    streamed = exact("y ~ x + (1 | g)", **options).fit(path)
    assert_same(streamed, exact("y ~ x + (1 | g)", **options).fit(data))
    with pytest.raises(MissingValueError, match="column 'w' is missing in"):
        exact("y ~ x + (1 | g)", weights="w").fit(path)


def test_predictions_of_frames_and_files(data, parquet):
    streamed = exact("y ~ x + (1 | g)").fit(parquet)
    expected = exact("y ~ x + (1 | g)").fit(data)
    wanted = expected.predict(data)
    np.testing.assert_allclose(streamed.predict(data), wanted, rtol=1e-9)
    np.testing.assert_allclose(streamed.predict(parquet), wanted, rtol=1e-9)
    parts = list(expected.predict_batches(parquet, batch_rows=150))
    assert max(map(len, parts)) == 150
    np.testing.assert_allclose(np.concatenate(parts), wanted)
    interval = streamed.predict(parquet, interval=0.9, return_std=True)
    pd.testing.assert_frame_equal(
        interval, expected.predict(data, interval=0.9, return_std=True), rtol=1e-7
    )
    mean, std = streamed.predict(parquet, return_std=True)
    assert mean.shape == std.shape == (len(data),)


def test_what_needs_the_rows_says_so(data, parquet):
    streamed = exact("y ~ x + (1 | g)").fit(parquet)
    for ask in (
        lambda: streamed.simulate(2),
        lambda: streamed.refit(data["y"]),
        lambda: streamed.variance_decomposition(),
        lambda: streamed.engine_.fitted,
        lambda: streamed.engine_.result.residuals,
        lambda: streamed.confint("profile"),
    ):
        with pytest.raises(RowsNotKeptError, match=r"rows.parquet and are not kept"):
            ask()
    with pytest.raises(RowsNotKeptError, match=r"a data frame of others to calibrate\(\) first"):
        streamed.predict(data, interval=0.9, calibrate="conformal")
    streamed.calibrate(data).predict(data, interval=0.9, calibrate="conformal")
    kept = exact("y ~ x + (1 | g)").fit(data)
    found, expected = streamed.variance_decomposition(data), kept.variance_decomposition()
    assert found["r_squared"] == pytest.approx(expected["r_squared"], rel=1e-8)
    pd.testing.assert_frame_equal(streamed.confint(), kept.confint(), rtol=1e-7)


@pytest.mark.parametrize("weights", [None, "w"])
def test_a_summary_says_whether_rows_are_weighted(weights, parquet, tmp_path):
    streamed = exact("y ~ x + (1 | g)", weights=weights).fit(parquet)
    streamed.save(tmp_path / "model.tmx")
    for model in (streamed, TabMixNN.load(tmp_path / "model.tmx")):
        assert ("rows are weighted" in str(model.summary())) == (weights is not None)


@pytest.mark.parametrize("formula", ["y ~ x + (x | g)", "y ~ x + (1 | g) + (1 | item)", "y ~ x"])
def test_a_saved_model_is_the_same(formula, data, parquet, tmp_path):
    streamed = exact(formula, weights="w").fit(parquet)
    streamed.save(tmp_path / "model.tmx")
    loaded = TabMixNN.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(loaded.predict(data), streamed.predict(data))
    pd.testing.assert_frame_equal(loaded.vcov(), streamed.vcov())
    assert str(loaded.summary()) == str(streamed.summary())
    with pytest.raises(RowsNotKeptError, match=r"rows.parquet"):
        loaded.simulate()


def test_progress_is_shown_on_a_terminal_only(parquet, capsys, monkeypatch):
    exact("y ~ x + (1 | g)", verbose=True).fit(parquet)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    exact("y ~ x + (1 | g)", verbose=True).fit(parquet)
    shown = capsys.readouterr().err
    assert "looking for levels: 1,500 of 1,500 rows (100%)" in shown
    assert "summing rows: 1,500 of 1,500 rows (100%)" in shown


def test_columns_that_place_new_levels_are_read(tmp_path):
    rng = np.random.default_rng(0)
    sites = pd.DataFrame(rng.uniform(size=(25, 2)), columns=["lon", "lat"])
    sites["site"] = [f"s{i}" for i in range(25)]
    rows = sites.loc[np.repeat(np.arange(25), 4)].reset_index(drop=True)
    rows["y"] = np.sin(4 * rows["lon"]) + 0.1 * rng.normal(size=100)
    model = TabMixNNRegressor(
        "y ~ 1 + (1 | site)",
        inference="marginal",
        hidden_dims=[],
        cov_struct_map={"site": {"type": "GP", "coordinates_col": ["lon", "lat"]}},
    ).fit(rows)
    new = rows.assign(site=rows["site"] + "new", lon=rows["lon"] + 0.01)
    new.to_parquet(tmp_path / "new.parquet")
    np.testing.assert_allclose(model.predict(tmp_path / "new.parquet"), model.predict(new))
