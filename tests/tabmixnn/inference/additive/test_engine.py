"""``inference="auto"`` through the estimators."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference import resolve
from tabmixnn.inference.additive import crossval
from tabmixnn.inference.additive.averaged import PopulationAverage
from tabmixnn.inference.additive.predictive import new_variances

FORMULA = "~ x + z + (1 | g)"
MODELS = {
    "gaussian": (TabMixNNRegressor, "y", {}),
    "binomial": (TabMixNNClassifier, "ill", {}),
    "poisson": (TabMixNN, "count", {"family": "poisson"}),
    "gamma": (TabMixNN, "amount", {"family": "gamma", "link": "log"}),
}


@pytest.fixture(autouse=True, scope="module")
def two_folds():
    """Cross-validate by two folds: what a fit of few rows costs is its many folds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crossval, "FOLDS", ())
        yield


@pytest.fixture(scope="module")
def data(curves):
    """Outcomes of several families with one linear predictor, curved in x."""
    frame = curves(groups=10, each=8, curve=lambda x: 2.0 * np.sin(6.0 * x))
    rng = np.random.default_rng(7)
    eta = frame["y"].to_numpy()
    frame["ill"] = np.where(rng.uniform(size=len(eta)) < 1.0 / (1.0 + np.exp(-4.0 * eta)), "a", "b")
    frame["count"] = rng.poisson(np.exp(eta)) * 1.0
    frame["amount"] = rng.gamma(4.0, np.exp(eta) / 4.0)
    return frame


def fit(estimator, formula, rows, **options):
    return estimator(formula, inference="auto", random_state=0, **options).fit(rows)


@pytest.fixture(scope="module")
def models(data):
    """A fitted model of each family."""
    return {
        family: fit(estimator, f"{response} {FORMULA}", data, **options)
        for family, (estimator, response, options) in MODELS.items()
    }


@pytest.fixture(params=MODELS)
def model(request, models):
    return models[request.param]


def every_prediction(model, rows):
    return [
        model.predict(rows, re_form=re_form, kind=kind)
        for re_form in ("all", "none")
        for kind in ("response", "link")
    ]


def assert_same(first, second, rows):
    for one, other in zip(
        every_prediction(first, rows), every_prediction(second, rows), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(first.terms_, second.terms_, check_exact=True)
    pd.testing.assert_frame_equal(first.history_, second.history_, check_exact=True)
    one, other = first.summary(), second.summary()
    assert str(one) == str(other)
    for table in ("fixed", "random", "fit"):
        expected, found = getattr(one, table), getattr(other, table)
        pd.testing.assert_frame_equal(expected, found, check_exact=True)


def test_every_family_finds_the_curve(model):
    assert model.inference_ == "auto"
    assert set(model.terms_["term"]) & {"s(x)", "path(x)"}
    assert list(model.terms_.columns) == ["term", "group", "sd", "score"]
    assert (model.terms_["sd"] > 0.0).all()
    assert "s(x)" in str(model.summary()) or "path(x)" in str(model.summary())


def test_better_than_the_formula_on_other_rows(models, data, curves):
    other = curves(seed=1, groups=10, each=10, curve=lambda x: 2.0 * np.sin(6.0 * x))
    truth = 2.0 * np.sin(6.0 * other["x"])
    exact = TabMixNNRegressor(f"y {FORMULA}", inference="marginal", hidden_dims=[]).fit(data)
    errors = {
        name: np.std(each.predict(other, re_form="none") - truth)
        for name, each in (("auto", models["gaussian"]), ("exact", exact))
    }
    assert errors["auto"] < 0.3 * errors["exact"]


def test_better_than_the_formula_on_growth_curves():
    rng = np.random.default_rng(0)
    codes, age = np.repeat(np.arange(15), 12), rng.uniform(0.0, 10.0, 180)
    speed, height = rng.lognormal(0.0, 0.3, (2, 15))
    data = pd.DataFrame({"age": age, "child": codes.astype(str)})
    data["size"] = 5.0 * height[codes] / (1.0 + np.exp(-speed[codes] * (age - 5.0)))
    data["size"] += 0.2 * rng.normal(size=180)
    train, test = data[np.arange(180) % 4 != 0], data[np.arange(180) % 4 == 0]
    formula = "size ~ age + (age | child)"
    auto = fit(TabMixNNRegressor, formula, train)
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(train)
    mse = [np.mean((each.predict(test) - test["size"]) ** 2) for each in (auto, exact)]
    assert mse[0] < 0.5 * mse[1]


def test_new_groups_are_predicted_at_the_population_level(model, data, monkeypatch):
    monkeypatch.setattr(model.engine_, "averaged", None)  # which test_averaged.py is about
    # And the mean over new groups is what exact/test_new_groups.py is about.
    monkeypatch.setattr(model.engine_, "averages_new_groups", False)
    new = data.head(20).assign(g="new")
    for kind in ("response", "link"):
        np.testing.assert_allclose(
            model.predict(new, kind=kind), model.predict(data.head(20), kind=kind, re_form="none")
        )
    assert (model.predict(new, kind="link") != model.predict(data.head(20), kind="link")).any()


def test_the_mean_over_the_groups_is_the_prediction_of_a_new_one(model, data):
    new = data.assign(g="new")
    expected = model.predict(new)
    np.testing.assert_array_equal(model.predict(data, re_form="marginal"), expected)
    np.testing.assert_array_equal(
        model.predict(data, re_form="marginal", kind="link"),
        model.predict(data, re_form="none", kind="link"),
    )
    interval = {"interval": 0.8, "kind": "response"}
    pd.testing.assert_frame_equal(
        model.predict(data, re_form="marginal", **interval), model.predict(new, **interval)
    )


def test_the_linear_predictor_of_a_new_group_is_at_effects_of_zero(curves):
    rng = np.random.default_rng(3)
    rows = curves(groups=40, each=15)
    rows["count"] = rng.poisson(np.exp(1.0 + rows["y"]))
    model = fit(TabMixNN, "count ~ x + (1 | g)", rows, family="poisson")
    engine = model.engine_
    new = rows.assign(g="new")
    assert engine.scores
    assert engine.averaged is None
    expected = model.predict(rows, re_form="none", kind="link")
    np.testing.assert_array_equal(model.predict(new, kind="link"), expected)
    assert (model.predict(new) > 1.2 * np.exp(expected)).all()
    band = model.predict(new, kind="link", interval=0.5)
    np.testing.assert_allclose(band["upper"] - expected, expected - band["lower"])
    # What predictors tell of new groups is of means; the linear predictor is the one with those.
    engine.averaged = PopulationAverage("g", Zero(), np.array([2.0]), 1.0, 0.5)
    eta = model.predict(new, kind="link")
    variance = sum(new_variances(engine, engine._read(model._frame(new))).values())
    np.testing.assert_allclose(model.predict(new), np.exp(eta + variance / 2.0), rtol=1e-6)
    np.testing.assert_allclose(model.predict(new), np.exp(2.0), rtol=1e-6)


class Zero:
    """No columns."""

    def __call__(self, rows, variables):
        return np.zeros((len(rows), 0))


@pytest.mark.parametrize("scale", [1e-5, 1e5])
def test_the_size_of_weights_says_nothing(data, scale):
    weighed = data.assign(w=np.random.default_rng(0).uniform(0.5, 2.0, len(data)))
    formula = f"y {FORMULA}"
    plain = fit(TabMixNNRegressor, formula, weighed, weights="w")
    other = fit(TabMixNNRegressor, formula, weighed.assign(w=scale * weighed["w"]), weights="w")
    assert plain.inference_ == other.inference_ == "auto"
    np.testing.assert_allclose(other.predict(data), plain.predict(data), rtol=1e-4, atol=1e-4)
    assert other.sigma_ == pytest.approx(plain.sigma_, rel=1e-4)


def test_the_origin_of_the_response_says_nothing(data):
    formula = f"y {FORMULA}"
    plain = fit(TabMixNNRegressor, formula, data)
    far = fit(TabMixNNRegressor, formula, data.assign(y=data["y"] + 1e8))
    assert [str(term) for term in far.engine_.scores] == [str(t) for t in plain.engine_.scores]
    for rows in (data, data.assign(g="new")):
        np.testing.assert_allclose(far.predict(rows) - 1e8, plain.predict(rows), atol=1e-4)


def test_means_of_counts_of_new_groups_do_not_explode_outside():
    rng = np.random.default_rng(1)
    group, x = rng.integers(0, 30, 600), rng.uniform(size=600)
    bend = rng.normal(size=(3, 30)) * [[0.5], [1.5], [1.5]]
    eta = 1.0 + bend[0, group] + bend[1, group] * x + bend[2, group] * x**2
    rows = pd.DataFrame({"x": x, "g": group, "count": rng.poisson(np.exp(eta))})
    model = fit(TabMixNN, "count ~ x + (1 | g)", rows, family="poisson")
    assert any(term.group == "g" for term in model.engine_.scores)
    new = pd.DataFrame({"x": [1.0, 1.5, 2.0], "g": -1})
    end, *beyond = model.predict(new)
    assert max(beyond) < 2.0 * end
    interval = model.predict(new, interval=0.9)
    assert interval["upper"].max() < 2.0 * interval["upper"].iloc[0]


def test_slopes_of_new_groups_do_not_explode_outside():
    rng = np.random.default_rng(1)
    group, x = rng.integers(0, 30, 600), rng.uniform(size=600)
    slopes = rng.normal(0.0, 2.0, 30)[group]
    eta = 1.0 + np.sin(6.0 * x) + slopes * x
    rows = pd.DataFrame({"x": x, "g": group, "count": rng.poisson(np.exp(eta))})
    model = fit(TabMixNN, "count ~ x + (x | g)", rows, family="poisson")
    assert model.inference_ == "auto"
    new = pd.DataFrame({"x": [1.0, 2.0, 4.0], "g": -1})
    ratio = model.predict(new) / np.exp(model.predict(new, kind="link"))
    np.testing.assert_allclose(ratio, ratio[0], rtol=0.02)


def test_growing_needs_the_restricted_likelihood(data):
    with pytest.raises(ValueError, match="reml=False needs the formula's mixed model alone"):
        fit(TabMixNNRegressor, f"y {FORMULA}", data, reml=False)


def test_a_summary_says_what_it_has_and_refuses_what_it_has_not(model, data):
    summary = model.summary()
    assert "z-tests" in summary.title
    is_linear = isinstance(model, TabMixNNRegressor)
    assert ("criterion" in summary.fit) == is_linear
    assert ("REML criterion" in str(summary)) == is_linear
    for asked in ({"data": data}, {"ddf": "kenward_roger"}):
        with pytest.raises(ValueError, match="describes its training rows and has z-tests"):
            model.summary(**asked)


def test_predictions_do_not_depend_on_the_batch(model, data):
    rows = data.iloc[[3, 50, 3, 79]]
    for whole, part in zip(
        every_prediction(model, data), every_prediction(model, rows), strict=True
    ):
        np.testing.assert_allclose(part, whole[[3, 50, 3, 79]], rtol=1e-12, atol=1e-12)


def test_saved_models_are_the_same(model, data, tmp_path):
    path = tmp_path / "model"
    model.save(path)
    again = type(model).load(path)
    assert again.inference_ == "auto"
    assert_same(model, again, data)


@pytest.mark.parametrize(
    "copied",
    [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))],
    ids=["deep", "pickle"],
)
def test_copies_are_the_same(models, data, copied):
    for family in ("gaussian", "binomial"):
        assert_same(models[family], copied(models[family]), data)


def test_same_seed_same_numbers(models, data):
    again = fit(TabMixNNRegressor, f"y {FORMULA}", data)
    assert_same(models["gaussian"], again, data)


def test_effects_can_be_predicted_without(models, data):
    model = models["gaussian"]
    frame = model._frame(data)
    off = model.engine_.predict_with(frame, [np.array([False])], "link")
    np.testing.assert_array_equal(off, model.predict(data, re_form="none", kind="link"))


@pytest.mark.parametrize("group", ["g", "h"])
@pytest.mark.parametrize("family", ["gaussian", "binomial"])
def test_slopes_of_years_are_those_of_years_from_the_first(family, group):
    rng = np.random.default_rng(7)
    data = pd.DataFrame({"g": np.repeat(np.arange(60), 8), "h": np.tile(np.arange(6), 80)})
    data["year"] = 1988 + np.tile(np.arange(8), 60)
    data["x"] = rng.normal(size=480)
    levels = data[group].to_numpy()
    eta = rng.normal(0.0, 2.0, 60)[levels] + rng.normal(0.0, 0.7, 60)[levels] * (
        data["year"] - 1991
    )
    if family == "gaussian":
        make, data["y"] = TabMixNNRegressor, eta + rng.normal(size=480)
    else:
        make, data["y"] = TabMixNNClassifier, (rng.logistic(size=480) < eta) * 1
    formula = f"y ~ year + x + (year | {group}) + (1 | {'h' if group == 'g' else 'g'})"
    train, test = data[::2], data[1::2]
    found = []
    for origin in (0, 1991):
        frames = [each.assign(year=each["year"] - origin) for each in (train, test)]
        model = make(formula, random_state=0).fit(frames[0])
        predict = model.predict if family == "gaussian" else model.predict_proba
        found.append(predict(frames[1]))
    np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_offsets_are_added(curves):
    data = curves(groups=10).assign(o=lambda d: d["z"] + 2.0, o3=lambda d: 3.0 * d["o"])
    data["y1"], data["y3"] = data["y"] + data["o"], data["y"] + data["o3"]
    one = fit(TabMixNNRegressor, "y1 ~ x + offset(o) + (1 | g)", data)
    three = fit(TabMixNNRegressor, "y3 ~ x + offset(o3) + (1 | g)", data)
    assert one.inference_ == "auto"
    np.testing.assert_allclose(
        one.predict(data) - data["o"], three.predict(data) - data["o3"], atol=1e-3
    )
    assert np.corrcoef(one.predict(data), data["y1"])[0, 1] > 0.95


def test_weights_matter_but_for_their_unit(curves):
    data = curves(groups=10)
    weights = np.where(np.arange(len(data)) % 2 == 0, 9.0, 1.0)
    model = TabMixNNRegressor("y ~ x + (1 | g)", inference="auto", random_state=0)
    plain = model.fit(data).predict(data)
    weighted = model.fit(data, weights=weights).predict(data)
    again = model.fit(data, weights=10.0 * weights).predict(data)
    assert model.inference_ == "auto"
    np.testing.assert_allclose(again, weighted, atol=1e-3)
    assert np.abs(weighted - plain).max() > 1e-2
    error = (weighted - data["y"]) ** 2
    assert error[weights == 9.0].mean() < error[weights == 1.0].mean()


def test_arrays_without_a_formula():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(200, 3))
    y = np.sin(6.0 * X[:, 0]) + X[:, 1] + 0.1 * rng.normal(size=200)
    model = TabMixNNRegressor(inference="auto", random_state=0).fit(X[:150], y[:150])
    assert model.inference_ == "auto"
    assert "x0" in " ".join(model.terms_["term"])
    assert model.score(X[150:], y[150:]) > 0.95


def test_no_groups(data):
    model = fit(TabMixNNRegressor, "y ~ x + z", data)
    assert model.inference_ == "auto"
    np.testing.assert_array_equal(model.predict(data), model.predict(data, re_form="none"))


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x + (1 | g) + (1 | h)",
        "y ~ x + (1 | g / h)",
        "y ~ x + (x || g) + (1 | h)",
        "y ~ x + (0 + z | g) + (1 | g)",
    ],
)
def test_several_terms_of_groups(data, formula):
    model = fit(TabMixNNRegressor, formula, data)
    assert model.inference_ == "auto"
    found = model.predict(data)
    assert np.corrcoef(found, data["y"])[0, 1] > 0.97
    new = data.assign(g="new", h="new")
    np.testing.assert_allclose(model.predict(new), model.predict(data, re_form="none"))
    half = model.predict(data.assign(h="new"))
    assert np.isfinite(half).all()
    assert len(model.summary().random) >= 3


def test_groups_of_one_row_and_slopes_that_cannot_be_seen(curves):
    data = curves(groups=12, each=6).assign(w=lambda d: np.where(d["g"] < "g06", d["z"], 1.0))
    data.loc[data.index[-8:], "g"] = [f"single{i}" for i in range(8)]
    model = fit(TabMixNNRegressor, "y ~ x + w + (w | g)", data)
    assert np.isfinite(model.predict(data)).all()
    assert model.inference_ == "auto"


def test_unseen_categories_add_nothing(data):
    bent = data.assign(y=data["y"] + np.where(data["c"] == "u", 3.0, -3.0) * data["x"])
    model = fit(TabMixNNRegressor, "y ~ x + c + (1 | g)", bent)
    assert "by(x, c)" in set(model.terms_["term"])
    with pytest.warns(UserWarning, match="did not have"):
        found = model.predict(bent.assign(c="new"))
    assert np.isfinite(found).all()


def test_rows_with_missing_values_can_be_left_out(data):
    holed = data.assign(x=data["x"].where(np.arange(len(data)) % 9 != 0))
    found = fit(TabMixNNRegressor, f"y {FORMULA}", holed, na_action="omit")
    expected = fit(TabMixNNRegressor, f"y {FORMULA}", holed.dropna())
    np.testing.assert_array_equal(found.predict(data), expected.predict(data))


def test_predictors_that_are_mostly_zero():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"amount": np.where(rng.uniform(size=2600) < 0.085, rng.uniform(size=2600), 0)}
    )
    data["g"] = (np.arange(2600) % 100).astype(str)
    data["y"] = 3.0 * (data["amount"] > 0.0) + rng.normal(size=2600)
    model = fit(TabMixNNRegressor, "y ~ amount + (1 | g)", data)
    assert "spike(amount)" in set(model.terms_["term"])


@pytest.mark.parametrize(
    ("formula", "family"),
    [
        ("cbind(hits, misses) ~ x + (1 | g)", "binomial"),
        ("hits ~ x + (1 | g)", "negative_binomial"),
    ],
)
def test_counts_are_fitted_too(data, formula, family, tmp_path):
    rng = np.random.default_rng(3)
    share = 1.0 / (1.0 + np.exp(-data["y"]))
    rows = data.assign(hits=rng.binomial(10, share), misses=lambda d: 10 - d["hits"])
    model = fit(TabMixNN, formula, rows, family=family)
    assert model.inference_ == "auto"
    assert np.corrcoef(model.predict(rows), share)[0, 1] > 0.8
    model.save(tmp_path / "model")
    assert_same(model, TabMixNN.load(tmp_path / "model"), rows)


def options(**changed):
    return TabMixNN("y ~ x", inference="auto", **changed).get_params(deep=False)


@pytest.mark.parametrize(
    ("changed", "family", "engine"),
    [
        ({}, "gaussian", "auto"),
        ({}, "binomial", "auto"),
        ({}, "multinomial", "variational"),
        ({"use_static_structure": True}, "gaussian", "variational"),
        ({"use_dynamic_structure": True}, "gaussian", "variational"),
        ({"architecture": "manifold"}, "gaussian", "variational"),
        ({"cov_struct_map": {"g": {"type": "AR1"}}}, "gaussian", "marginal"),
        ({"cov_struct_map": {"g": {"type": "AR1"}}}, "multinomial", "variational"),
    ],
)
def test_what_auto_stands_for(changed, family, engine):
    assert resolve(options(**changed), family)["inference"] == engine


def test_three_classes_are_for_the_network(data):
    short = {"epochs": 1, "embedding_dim": 2, "hidden_dims": [4]}
    model = fit(TabMixNNClassifier, "c ~ x + z + (1 | g)", data, **short)
    assert model.inference_ == "variational"
    assert model.predict_proba(data).shape == (len(data), 3)


@pytest.fixture(scope="module")
def pairs():
    """400 pairs of binary outcomes; effects of deviation 2, crossed with ten sites'."""
    rng = np.random.default_rng(5)
    group, site = np.repeat(np.arange(400), 2), rng.integers(0, 10, 800)
    x = rng.normal(size=800)
    eta = x + 2 * rng.normal(size=400)[group] + 0.5 * rng.normal(size=10)[site]
    y = (rng.uniform(size=800) < 1 / (1 + np.exp(-eta))).astype(int)
    return pd.DataFrame({"y": y, "x": x, "g": group.astype(str), "site": site.astype(str)})


def test_variances_of_small_groups_are_not_those_of_laplace(pairs, tmp_path):
    formula = "y ~ x + (1 | g) + (1 | site)"

    def deviation(model):
        return model.var_corr().set_index("group")["sdcor"]["g"]

    chosen = TabMixNNClassifier(formula, random_state=0).fit(pairs)
    laplace = TabMixNNClassifier(formula, nagq=1, random_state=0).fit(pairs)
    assert deviation(laplace) < 0.85 * deviation(chosen)
    assert deviation(chosen) == pytest.approx(2.0, abs=0.35)
    exact = TabMixNNClassifier(formula, inference="marginal", hidden_dims=[], nagq=9).fit(pairs)
    assert deviation(chosen) == pytest.approx(deviation(exact))
    assert "nAGQ = 9" in chosen.summary().title
    chosen.save(tmp_path / "pairs.tmx")
    back = TabMixNNClassifier.load(tmp_path / "pairs.tmx")
    assert back.summary().title == chosen.summary().title
    np.testing.assert_allclose(back.predict_proba(pairs), chosen.predict_proba(pairs), rtol=1e-9)


def test_slopes_of_the_largest_factor_leave_laplaces_approximation(pairs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = TabMixNNClassifier("y ~ x + (x | g)").fit(pairs)
    assert model.engine_.settled.get("nagq") is None


def test_curves_of_groups_under_each_level_of_a_category():
    """A crossover trial: every patient has a response of its own to either treatment."""
    rng = np.random.default_rng(4)
    patient, arm, hour = (each.ravel() for each in np.meshgrid(range(12), [0, 1], np.arange(8.0)))
    height, peak = 1 + rng.normal(size=(12, 2)), rng.uniform(2, 5, (12, 2))
    truth = height[patient, arm] * np.exp(-0.5 * (hour - peak[patient, arm]) ** 2 / 2.0)
    data = pd.DataFrame({"patient": patient.astype(str), "arm": np.array(["a", "b"])[arm]})
    data = data.assign(hour=hour, y=truth + 0.1 * rng.normal(size=len(truth)))
    train = rng.permutation(len(data)) >= len(data) // 5
    formula = "y ~ hour + arm + (1 | patient)"
    model = TabMixNNRegressor(formula, random_state=0).fit(data[train])
    terms = model.terms_
    assert {"by(hour, arm)", "path_by(hour, arm)"} & set(
        terms.loc[terms["group"] == "patient", "term"]
    )
    # Without it what is left of two unlike curves is about half of their difference.
    assert np.sqrt(np.mean((model.predict(data) - truth)[~train] ** 2)) < 0.35 * truth.std()
