"""``inference="auto"`` through the estimators: what it finds, and in what data."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tests.tabmixnn.inference.additive.grown import FORMULA, grow

pytestmark = pytest.mark.usefixtures("two_folds")


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
    auto = grow(TabMixNNRegressor, formula, train)
    exact = TabMixNNRegressor(formula, inference="marginal", hidden_dims=[]).fit(train)
    mse = [np.mean((each.predict(test) - test["size"]) ** 2) for each in (auto, exact)]
    assert mse[0] < 0.5 * mse[1]


@pytest.mark.parametrize("scale", [1e-5, 1e5])
def test_the_size_of_weights_says_nothing(data, scale):
    weighed = data.assign(w=np.random.default_rng(0).uniform(0.5, 2.0, len(data)))
    formula = f"y {FORMULA}"
    plain = grow(TabMixNNRegressor, formula, weighed, weights="w")
    other = grow(TabMixNNRegressor, formula, weighed.assign(w=scale * weighed["w"]), weights="w")
    assert plain.inference_ == other.inference_ == "auto"
    np.testing.assert_allclose(other.predict(data), plain.predict(data), rtol=1e-4, atol=1e-4)
    assert other.sigma_ == pytest.approx(np.sqrt(scale) * plain.sigma_, rel=1e-4)


def test_the_origin_of_the_response_says_nothing(data):
    formula = f"y {FORMULA}"
    plain = grow(TabMixNNRegressor, formula, data)
    far = grow(TabMixNNRegressor, formula, data.assign(y=data["y"] + 1e8))
    assert [str(term) for term in far.engine_.scores] == [str(t) for t in plain.engine_.scores]
    for rows in (data, data.assign(g="new")):
        np.testing.assert_allclose(far.predict(rows) - 1e8, plain.predict(rows), atol=1e-4)


def test_growing_needs_the_restricted_likelihood(data):
    with pytest.raises(ValueError, match="reml=False needs the formula's mixed model alone"):
        grow(TabMixNNRegressor, f"y {FORMULA}", data, reml=False)


def test_a_summary_says_what_it_has_and_refuses_what_it_has_not(model, data):
    summary = model.summary()
    assert ("z-tests" in summary.title) == (model.engine_.penalty == 0.0)
    is_linear = isinstance(model, TabMixNNRegressor)
    assert ("criterion" in summary.fit) == is_linear
    assert ("REML criterion" in str(summary)) == is_linear
    pearson = np.quantile(model.residuals(kind="pearson"), [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(summary.residuals, pearson)
    assert ("Dispersion parameter for gamma" in str(summary)) == (model.family_.name == "gamma")
    for asked in ({"data": data}, {"ddf": "kenward_roger"}):
        with pytest.raises(ValueError, match="describes its training rows and has z-tests"):
            model.summary(**asked)


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


@pytest.mark.parametrize("family", ["gaussian", "poisson"])
@pytest.mark.parametrize("far", [2.0**25, 2.0**28])
def test_slopes_far_from_their_origin_cost_no_digits(family, far):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=100).round(3), "g": np.arange(100) % 10})
    data["x"] = np.round(2.0**20 * data["x"]) / 2.0**20
    eta = (0.5 + rng.normal(size=10)[data["g"]] * data["x"] + np.sin(3.0 * data["x"])).to_numpy()
    data["y"] = (
        eta + 0.3 * rng.normal(size=100) if family == "gaussian" else rng.poisson(np.exp(eta))
    )
    near, off = (
        TabMixNN("y ~ 1 + (x | g)", family=family, inference="auto", hidden_dims=[])
        .fit(each)
        .predict(each)
        for each in (data, data.assign(x=data["x"] + far))
    )
    np.testing.assert_allclose(off, near, rtol=1e-4, atol=1e-4)


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
    model = grow(TabMixNNRegressor, "y ~ x + z", data)
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
    model = grow(TabMixNNRegressor, formula, data)
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
    model = grow(TabMixNNRegressor, "y ~ x + w + (w | g)", data)
    assert np.isfinite(model.predict(data)).all()
    assert model.inference_ == "auto"


def test_rows_with_missing_values_can_be_left_out(data):
    holed = data.assign(x=data["x"].where(np.arange(len(data)) % 9 != 0))
    found = grow(TabMixNNRegressor, f"y {FORMULA}", holed, na_action="omit")
    expected = grow(TabMixNNRegressor, f"y {FORMULA}", holed.dropna())
    np.testing.assert_array_equal(found.predict(data), expected.predict(data))


def test_predictors_that_are_mostly_zero():
    rng = np.random.default_rng(0)
    data = pd.DataFrame(
        {"amount": np.where(rng.uniform(size=2600) < 0.085, rng.uniform(size=2600), 0)}
    )
    data["g"] = (np.arange(2600) % 100).astype(str)
    data["y"] = 3.0 * (data["amount"] > 0.0) + rng.normal(size=2600)
    model = grow(TabMixNNRegressor, "y ~ amount + (1 | g)", data)
    assert "spike(amount)" in set(model.terms_["term"])


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
