"""scikit-learn's tools with formulas and groups: search, cross-validation, pipelines, routing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, BaggingRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor, fit_together

EXACT = {"inference": "marginal", "hidden_dims": []}
SHORT = {"inference": "variational", "hidden_dims": [4], "epochs": 2, "random_state": 0}
AUTO = {"inference": "auto", "random_state": 0}


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"g": np.repeat(list("abcdefgh"), 10), "x": rng.normal(size=80)})
    effect = data["g"].map(dict(zip("abcdefgh", rng.normal(size=8), strict=True)))
    data["y"] = 2 * data["x"] + effect + 0.3 * rng.normal(size=80)
    return data.assign(w=np.linspace(0.5, 2, 80), k=np.where(data["y"] > 0, "yes", "no"))


def test_search_over_options(data):
    model = TabMixNNRegressor("~ x + (1 | g)", **EXACT)
    grid = {"formula": ["~ 1 + (1 | g)", "~ x + (1 | g)"], "reml": [True, False]}
    search = GridSearchCV(model, grid, cv=3).fit(data[["g", "x"]], data["y"])
    assert search.best_params_["formula"] == "~ x + (1 | g)"
    assert search.predict(data).shape == (80,)


@pytest.mark.parametrize("options", [EXACT, SHORT, AUTO], ids=["exact", "network", "auto"])
def test_cross_validation_leaves_groups_out(data, options):
    model = TabMixNNRegressor("~ x + (1 | g)", **options)
    arguments = {"groups": data["g"], "cv": GroupKFold(4)}
    scores = cross_val_score(model, data[["g", "x"]], data["y"], **arguments)
    assert np.isfinite(scores).all()
    named = TabMixNNRegressor("y ~ x + (1 | g)", **options)
    for columns in (["g", "x"], ["g", "x", "y"]):
        again = cross_val_score(named, data[columns], data["y"], **arguments)
        np.testing.assert_array_equal(again, scores)
    found = cross_val_predict(model, data[["g", "x"]], data["y"], **arguments)
    assert found.shape == (80,)


def test_a_seed_is_the_same_model_and_none_another_each_time(data):
    model = TabMixNNRegressor("y ~ x + (1 | g)", **SHORT)
    first = clone(model).fit(data).predict(data)
    np.testing.assert_array_equal(clone(model).fit(data).predict(data), first)
    # As scikit-learn means it: not deterministic given a fixed random_state.
    assert not get_tags(model).non_deterministic
    drawn = model.set_params(random_state=None)
    found = [clone(drawn).fit(data).predict(data) for _ in range(2)]
    assert np.abs(found[0] - found[1]).max() > 1e-6


def test_pipelines(data):
    columns = data[["x", "w"]]
    exact = make_pipeline(StandardScaler(), TabMixNNRegressor(**EXACT)).fit(columns, data["y"])
    assert exact.predict(columns).shape == (80,)
    doubled = FunctionTransformer(lambda frame: frame.assign(x=2 * frame["x"]))
    formula = make_pipeline(doubled, TabMixNNRegressor("~ x + (1 | g)", **EXACT))
    plain = TabMixNNRegressor("~ x + (1 | g)", **EXACT).fit(data, data["y"])
    np.testing.assert_allclose(
        formula.fit(data, data["y"]).predict(data), plain.predict(data), rtol=1e-7
    )


def test_parameters_are_set_and_cloned(data):
    model = TabMixNN("y ~ x + (1 | g)", **EXACT).set_params(family="gaussian", reml=False)
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "engine_")
    assert list(again.fit(data).feature_names_in_) == ["x", "g"]
    with pytest.raises(ValueError, match="nonsense"):
        model.set_params(nonsense=1)


def test_weights_are_routed(data):
    model = TabMixNNRegressor("~ x + (1 | g)", **EXACT)
    expected = clone(model).fit(data, data["y"], weights=data["w"])
    with sklearn.config_context(enable_metadata_routing=True):
        routed = model.set_fit_request(weights=True)
        pipeline = make_pipeline(FunctionTransformer(), routed)
        found = pipeline.fit(data, data["y"], weights=data["w"])
        np.testing.assert_array_equal(found.predict(data), expected.predict(data))
        plain = clone(model).set_fit_request(weights=False).fit(data, data["y"])
        assert np.abs(plain.predict(data) - expected.predict(data)).max() > 1e-6
        scores = cross_val_score(
            clone(routed), data[["g", "x"]], data["y"], params={"weights": data["w"]}, cv=3
        )
        assert np.isfinite(scores).all()


def test_weights_have_scikit_learns_name_too(data):
    model = TabMixNNRegressor("~ x + (1 | g)", **EXACT)
    expected = clone(model).fit(data, data["y"], weights=data["w"]).predict(data)
    found = clone(model).fit(data, data["y"], sample_weight=data["w"])
    np.testing.assert_array_equal(found.predict(data), expected)
    pipeline = Pipeline([("same", FunctionTransformer()), ("model", clone(model))])
    pipeline.fit(data, data["y"], model__sample_weight=data["w"])
    np.testing.assert_array_equal(pipeline.predict(data), expected)
    asked = {"X": data[["g", "x"]], "y": data["y"], "cv": 3}
    weighted = cross_val_score(model, **asked, params={"sample_weight": data["w"]})
    np.testing.assert_array_equal(
        weighted, cross_val_score(model, **asked, params={"weights": data["w"]})
    )
    assert np.abs(weighted - cross_val_score(model, **asked)).max() > 1e-9
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_pipeline(FunctionTransformer(), model.set_fit_request(sample_weight=True))
        routed.fit(data, data["y"], sample_weight=data["w"])
        np.testing.assert_array_equal(routed.predict(data), expected)
    with pytest.raises(ValueError, match="given twice, as weights and as sample_weight"):
        clone(model).fit(data, data["y"], weights=data["w"], sample_weight=data["w"])
    with pytest.raises(TypeError, match=r"fit\(\) has no argument 'lr'"):
        clone(model).fit(data, data["y"], lr=0.1)


@pytest.mark.parametrize("options", [EXACT, AUTO], ids=["exact", "auto"])
def test_rows_of_weight_zero_are_left_out(data, options):
    model = TabMixNNRegressor("~ x + (1 | g)", **options)
    weights = data["w"].where(data["g"] != "h", 0.0)
    kept = data[data["g"] != "h"]
    found = clone(model).fit(data, data["y"], sample_weight=weights)
    expected = clone(model).fit(kept, kept["y"], weights=kept["w"])
    np.testing.assert_array_equal(found.predict(data), expected.predict(data))
    with pytest.raises(ValueError, match=r"All weights \(sample_weight\) are zero"):
        clone(model).fit(data, data["y"], sample_weight=np.zeros(80))
    with pytest.raises(ValueError, match=r"not be negative; .* has 1 that are, the first in row 2"):
        clone(model).fit(data, data["y"], sample_weight=weights.where(data.index != 2, -1.0))
    with pytest.raises(ValueError, match="must be one number a row, 80 in all"):
        clone(model).fit(data, data["y"], sample_weight=[1.0, 0.0])
    with pytest.raises(ValueError, match="y must have one response for each of the 80 rows"):
        clone(model).fit(data, [1.0, 2.0], sample_weight=weights)
    with pytest.raises(ValueError, match=r"Weights must be positive; .* has 10 that are not"):
        clone(model).fit(data, data["y"], weights=weights)


def test_a_weight_is_how_often_a_network_has_the_row(data):
    model = TabMixNNRegressor("~ x + (1 | g)", **SHORT)
    counts = np.arange(80) % 3
    twice = data.loc[np.repeat(data.index, counts)]
    found = clone(model).fit(data, data["y"], sample_weight=counts)
    expected = clone(model).fit(twice, twice["y"])
    np.testing.assert_array_equal(found.predict(data), expected.predict(data))
    with pytest.raises(ValueError, match="but for whole numbers, how often a row is there"):
        clone(model).fit(data, data["y"], sample_weight=data["w"])
    stages = pd.Categorical(np.where(data["x"] > 0, "late", "early"), ["early", "late"], True)
    ordered = TabMixNN("~ x", family="ordinal", **SHORT).fit(data, stages, sample_weight=counts)
    assert ordered.levels_ == ["early", "late"]


def test_so_it_is_where_auto_comes_to_a_network(data):
    """Ordered classes, and structures, are a network's."""
    rows, counts = data.assign(stage=(data["x"] > 0) * 1), np.arange(80) % 3
    twice = rows.loc[np.repeat(rows.index, counts)]
    model = TabMixNN("stage ~ w + (1 | g)", family="ordinal", **{**SHORT, "inference": "auto"})
    found = clone(model).fit(rows, sample_weight=counts)
    assert found.inference_ == "variational"
    expected = clone(model).fit(twice)
    np.testing.assert_array_equal(found.predict(rows), expected.predict(rows))
    found.fit(rows, sample_weight=counts, warm_start=True)
    expected.fit(twice, warm_start=True)
    np.testing.assert_array_equal(found.predict(rows), expected.predict(rows))
    with pytest.raises(ValueError, match=r"'variational' .* but for whole numbers"):
        clone(model).fit(rows, sample_weight=rows["w"])
    with pytest.raises(ValueError, match="'variational', which inference='auto' comes to here"):
        clone(model).fit(rows, weights=counts + 1.0)
    structured = TabMixNNClassifier(use_static_structure=True, epochs=2)
    bagged = BaggingClassifier(structured, n_estimators=2, random_state=0)
    assert len(bagged.fit(rows[["x", "w"]], rows["k"]).estimators_) == 2


@pytest.mark.parametrize("options", [EXACT, SHORT, AUTO], ids=["exact", "network", "auto"])
def test_bagging_draws_rows_by_weights(data, options):
    assert has_fit_parameter(TabMixNNRegressor(**options), "sample_weight")
    columns = data[["x", "w"]].to_numpy()
    bagged = BaggingRegressor(TabMixNNRegressor(**options), n_estimators=2, random_state=0)
    assert np.isfinite(bagged.fit(columns, data["y"]).predict(columns)).all()


def test_boosting_weighs_rows(data):
    columns = data[["x", "w"]].to_numpy()
    boosted = AdaBoostClassifier(TabMixNNClassifier(**EXACT), n_estimators=3, random_state=0)
    assert boosted.fit(columns, data["k"]).score(columns, data["k"]) > 0.8


@pytest.mark.parametrize("options", [EXACT, SHORT, AUTO], ids=["exact", "network", "auto"])
def test_polars_frames_are_pandas_frames(data, options):
    table = pl.from_pandas(data)
    model = TabMixNNRegressor("y ~ x + (1 | g)", **options)
    expected = clone(model).fit(data)
    found = clone(model).fit(table)
    np.testing.assert_array_equal(found.predict(table), expected.predict(data))
    intervals = found.predict(table, interval=0.9)
    assert isinstance(intervals, pd.DataFrame)
    pd.testing.assert_frame_equal(intervals, expected.predict(data, interval=0.9))
    without = TabMixNNRegressor(**options).fit(table.select("x", "w"), table["y"])
    assert list(without.feature_names_in_) == ["x", "w"]
    assert without.predict(table.select("x", "w")).shape == (80,)


def test_polars_frames_for_classes_and_summaries(data):
    table = pl.from_pandas(data)
    model = TabMixNNClassifier("k ~ x + (1 | g)", **EXACT).fit(table)
    assert set(model.predict(table)) == {"no", "yes"}
    exact = TabMixNN("y ~ x + (1 | g)", **EXACT).fit(table)
    assert "Random effects" in str(exact.summary(table))


@pytest.mark.parametrize("options", [EXACT, SHORT], ids=["exact", "network"])
def test_polars_frames_are_explained_and_fitted_together(data, options):
    table = pl.from_pandas(data)
    model = TabMixNNRegressor("y ~ x + (1 | g)", **options)
    expected = clone(model).fit(data)
    (found,) = fit_together([clone(model)], [table])
    np.testing.assert_allclose(found.predict(table), expected.predict(data), rtol=1e-6)
    explained = expected.explain(table.head(5), background_data=table)
    same = expected.explain(data.head(5), background_data=data)
    np.testing.assert_array_equal(explained.values, same.values)
    with_y = TabMixNNRegressor(**options)
    (without,) = fit_together([with_y], [table.select("x", "w")], [table["y"]])
    assert list(without.feature_names_in_) == ["x", "w"]
