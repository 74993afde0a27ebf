"""Formulas with as many fixed effects as rows, or hardly fewer, beside dense algebra."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from sklearn.metrics import log_loss

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive.wide import MOST_EFFECTS, is_wide
from tabmixnn.inference.marginal import DesignError, SingularFitWarning

ROWS, GROUPS = 60, 8


def simulated(columns, seed=0, noise=0.5):
    """Rows to train on and 500 others: two columns and a group say something of `y`."""
    rng = np.random.default_rng([seed, columns])
    n = ROWS + 500
    X, g = rng.normal(size=(n, columns)), rng.integers(GROUPS, size=n)
    y = 50.0 + 1.5 * X[:, 0] - X[:, 1] + rng.normal(size=GROUPS)[g] + noise * rng.normal(size=n)
    data = pd.DataFrame(2.0 * X + 10.0, columns=[f"x{j}" for j in range(columns)])
    data["g"], data["y"] = [f"g{k}" for k in g], y
    data["event"] = (y > 50.0).astype(int)
    data["count"] = np.random.default_rng(seed).poisson(np.exp((y - 50.0) / 3.0))
    return data[:ROWS], data[ROWS:]


def formula(columns, response="y", start=""):
    lines = " + ".join(f"x{j}" for j in range(columns))
    return f"{response} ~ {start}{lines} + (1 | g)"


def fitted(train, model=TabMixNNRegressor, response="y", columns=None, **options):
    columns = train.filter(like="x").shape[1] if columns is None else columns
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if columns < len(train):
            # The formula's own model is fitted, too: it leaves nothing to groups.
            warnings.simplefilter("ignore", SingularFitWarning)
        return model(formula(columns, response), random_state=0, **options).fit(train)


def covariance(rows, train, deviation, between):
    """Of rows with training rows, over the residual variance: a prior of effects, and groups."""
    numbers = [each.filter(like="x") for each in (rows, train)]
    centre, scale = numbers[1].mean(), numbers[1].std(ddof=0)
    left, right = (((each - centre) / scale).to_numpy() for each in numbers)
    same = rows["g"].to_numpy()[:, None] == train["g"].to_numpy()
    return deviation**2 * left @ right.T + between * same


def dense(train, deviation, between):
    """Criterion, mean and weights of the rows by a dense restricted likelihood."""
    V = np.eye(len(train)) + covariance(train, train, deviation, between)
    whole = np.linalg.solve(V, np.column_stack([np.ones(len(train)), train["y"]]))
    information = whole[:, 0].sum()
    mean = whole[:, 1].sum() / information
    weights = whole[:, 1] - mean * whole[:, 0]
    df = len(train) - 1
    rss = weights @ (train["y"] - mean)
    criterion = np.linalg.slogdet(V)[1] + np.log(information) + df * np.log(rss / df)
    return criterion, mean, weights


@pytest.mark.parametrize("columns", [56, 62, 150])
def test_effects_and_variances_are_those_of_a_dense_likelihood(columns):
    train, test = simulated(columns)
    model = fitted(train)
    engine = model.engine_
    deviation = engine.penalty**-0.5
    between = float(engine.estimates.G[0][0, 0]) / engine.estimates.sigma**2
    _, mean, weights = dense(train, deviation, between)
    expected = mean + covariance(test, train, deviation, between) @ weights
    np.testing.assert_allclose(model.predict(test), expected, rtol=1e-6)
    best = minimize(
        lambda x: dense(train, *np.exp(x))[0],
        np.log([deviation, max(between, 1e-3)]),
        method="Nelder-Mead",
    )
    # The prior's deviation is one of a row of them, each twice the one before or less.
    assert abs(best.x[0] - np.log(deviation)) < np.log(4.0)
    found = minimize(
        lambda x: dense(train, deviation, np.exp(x[0]))[0], [best.x[1]], method="Nelder-Mead"
    )
    assert between == pytest.approx(np.exp(found.x[0]), rel=0.02, abs=1e-3)


def test_effects_have_the_units_of_their_columns():
    train, test = simulated(80)
    model = fitted(train)
    assert list(model.fixef().index) == ["(Intercept)", *(f"x{j}" for j in range(80))]
    effects = model.fixef()
    lines = effects.iloc[0] + test[effects.index[1:]] @ effects.iloc[1:]
    np.testing.assert_allclose(lines, model.predict(test, re_form="none"), rtol=1e-8)
    rescaled = train.assign(x0=1000.0 * train["x0"])
    other = fitted(rescaled)
    assert other.fixef()["x0"] == pytest.approx(effects["x0"] / 1000.0, rel=1e-6)


@pytest.mark.parametrize(("columns", "least"), [(57, 0.6), (62, 0.6), (120, 0.15)])
def test_rows_not_seen_are_predicted_better_than_by_their_mean(columns, least):
    """Groups keep a variance, which effects without a prior would leave nothing of."""
    scores, between = [], []
    for seed in range(4):
        train, test = simulated(columns, seed)
        model = fitted(train)
        scores.append(model.score(test))
        between.append(model.engine_.estimates.G[0][0, 0])
    assert np.mean(scores) > least
    assert np.mean(between) > 0.3


def test_intervals_hold_what_they_say():
    inside = []
    for seed in range(4):
        train, test = simulated(150, seed)
        found = fitted(train).predict(test, interval=0.9)
        inside.append(((found["lower"] < test["y"]) & (test["y"] < found["upper"])).mean())
    assert 0.8 < np.mean(inside) < 0.97


def test_rows_without_noise_are_hardly_held_back():
    train, test = simulated(50, noise=0.0)
    data = train.assign(y=train["x0"] - train["x1"], g="all")
    exactly = test["x0"] - test["x1"]
    train, formula_ = data[:54], formula(50).removesuffix(" + (1 | g)")
    model = TabMixNNRegressor(formula_, random_state=0).fit(train)
    assert np.abs(model.predict(test) - exactly).max() < 0.01 * exactly.std()


def test_classes_and_counts():
    train, test = simulated(70)
    classes = fitted(train, TabMixNNClassifier, "event")
    base = log_loss(test["event"], np.full(len(test), train["event"].mean()))
    assert log_loss(test["event"], classes.predict_proba(test)) < base
    counts = fitted(train, TabMixNN, "count", family="poisson", inference="auto")
    assert np.corrcoef(counts.predict(test), test["count"])[0, 1] > 0.1
    three = pd.cut(train["y"], 3, labels=list("abc")).astype(str)
    of_three = fitted(train.assign(three=three), TabMixNNClassifier, "three", columns=70)
    np.testing.assert_allclose(of_three.predict_proba(test).sum(axis=1), 1.0)


def test_arrays_without_groups_have_them_too():
    train, test = simulated(90)
    X, other = (each.filter(like="x").to_numpy() for each in (train, test))
    model = TabMixNNRegressor(random_state=0).fit(X, train["y"])
    assert model.score(other, test["y"]) > 0.1


def test_copies_share_an_effect_and_constants_have_none():
    train, _ = simulated(64)
    copied = fitted(train.assign(x63=train["x0"], x62=7.0)).fixef()
    assert copied["x63"] == pytest.approx(copied["x0"])
    assert "x62" not in copied


def test_a_file_has_it(tmp_path):
    train, test = simulated(75)
    model = fitted(train)
    model.save(tmp_path / "model.tmx")
    again = TabMixNNRegressor.load(tmp_path / "model.tmx")
    np.testing.assert_array_equal(again.predict(test), model.predict(test))
    pd.testing.assert_series_equal(again.fixef(), model.fixef())


def test_what_cannot_be_is_refused():
    train, _ = simulated(62)
    model = TabMixNNRegressor(formula(62), inference="marginal", hidden_dims=[])
    with (
        pytest.warns(UserWarning, match="rank deficient"),
        pytest.raises(DesignError, match="60 rows cannot determine 60 fixed effects"),
    ):
        model.fit(train)
    with pytest.raises(DesignError, match="no intercept; held back without one"):
        TabMixNNRegressor(formula(62, start="0 + ")).fit(train)


def test_hidden_layers_need_more_rows():
    train, _ = simulated(62)
    with pytest.raises(ValueError, match="60 rows are too few for hidden layers"):
        fitted(train, inference="marginal", hidden_dims=[4])


def test_what_is_wide():
    rng = np.random.default_rng(0)
    X = np.column_stack([np.ones(20), rng.normal(size=(20, 25))])
    assert is_wide(X)
    assert not is_wide(X[:, :19])
    assert not is_wide(np.column_stack([X[:, :10], *[X[:, :10]] * 3]))
    more = np.column_stack([np.ones(20), rng.normal(size=(20, MOST_EFFECTS))])
    with pytest.raises(DesignError, match="held back up to 1,000 of them"):
        is_wide(more)
