"""What predictors tell of new groups."""

import warnings

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive.population import Surface
from tabmixnn.inference.marginal.conditions import SeparationWarning


def panel(seed, between, n_groups=100, n_times=6, curved=False):
    """Rows whose slope within groups is 1, and `between` more between their means."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), n_times)
    centre = rng.normal(size=n_groups)
    x = centre[group] + 0.4 * rng.normal(size=len(group))
    effect = between * centre + 0.5 * rng.normal(size=n_groups)
    z = rng.uniform(-3, 3, size=len(group))
    y = x + effect[group] + 0.3 * rng.normal(size=len(group))
    if curved:
        y += np.sin(z)
    return pd.DataFrame({"g": group.astype(str), "x": x, "z": z, "y": y})


def split(data):
    is_new = data["g"].astype(int) % 4 == 0
    return data[~is_new], data[is_new]


def error(model, rows):
    return float(np.sqrt(np.mean((rows["y"] - model.predict(rows)) ** 2)))


def fitted(data, formula="y ~ x + z + (1 | g)", **options):
    return TabMixNNRegressor(formula, random_state=0, **options).fit(data)


@pytest.mark.parametrize("curved", [False, True])
def test_new_groups_have_the_slope_between_groups(curved, tmp_path):
    train, new = split(panel(1, 2.0, curved=curved))
    model, plain = fitted(train), fitted(train, inference="marginal", hidden_dims=[])
    engine = model.engine_
    assert engine.averaged.group == "g"
    assert engine.steps[-1].name == "new groups"
    summary = str(model.summary())
    assert "Additive mixed model fit by REML" in summary
    assert ("s(z)" in summary) == curved
    assert "Predictions for a new level of g" in summary
    # A row tells of its group's mean what the regression of one on the other says.
    x = engine.rows.X[:, 1]
    centre = train.groupby("g")["x"].transform("mean")
    at = pd.DataFrame({"g": "new", "x": [-0.5, 0.5], "z": 0.0})
    assert np.ptp(model.predict(at)) == pytest.approx(
        1.0 + 2.0 * np.cov(x, centre)[0, 1] / x.var(), rel=0.1
    )
    assert error(model, new) < 0.75 * error(plain, new)
    if not curved:
        np.testing.assert_allclose(model.predict(train), plain.predict(train), atol=1e-3)
    for re_form in ("all", "none"):
        rows = new if re_form == "none" else train
        old = engine.averaged
        found = model.predict(rows, re_form=re_form)
        engine.averaged = None
        np.testing.assert_array_equal(model.predict(rows, re_form=re_form), found)
        engine.averaged = old
    model.save(tmp_path / "m.tmx")
    again = TabMixNN.load(tmp_path / "m.tmx")
    np.testing.assert_array_equal(again.predict(new), model.predict(new))
    np.testing.assert_array_equal(
        again.predict(new, return_std=True)[1], model.predict(new, return_std=True)[1]
    )


def test_what_it_explains_is_no_longer_uncertain():
    train, new = split(panel(2, 2.0, n_groups=400))
    model = fitted(train)
    assert 0.1 < model.engine_.averaged.left < 0.6
    for level in (0.5, 0.9):
        table = model.predict(new, interval=level)
        inside = (new["y"] >= table["lower"]) & (new["y"] <= table["upper"])
        assert inside.mean() == pytest.approx(level, abs=0.08)


@pytest.mark.parametrize("seed", range(4))
def test_where_slopes_are_the_same_there_is_none(seed):
    train, _ = split(panel(seed, 0.0, curved=True))
    assert fitted(train).engine_.averaged is None


def test_predictors_that_go_astray_between_groups_are_left():
    """Slopes within groups that say nothing of groups on other levels, as of states of a union."""
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(60), 12)
    size = np.exp(1.5 * rng.normal(size=60))[group] * np.exp(0.1 * rng.normal(size=len(group)))
    trend = rng.normal(size=len(group))
    y = -2.0 * np.log(size) + trend + rng.normal(size=60)[group]
    within = pd.Series(np.log(size)).groupby(group).transform("mean")
    y += 6.0 * (np.log(size) - within) + 0.1 * rng.normal(size=len(group))
    data = pd.DataFrame({"g": group.astype(str), "size": size, "trend": trend, "y": y})
    train, new = split(data)
    formula = "y ~ size + trend + (size | g)"
    model, plain = fitted(train, formula), fitted(train, formula, inference="marginal")
    assert model.engine_.averaged.share > 0.5
    assert error(model, new) < 0.7 * min(error(plain, new), new["y"].std())


def test_there_is_none_of_few_groups():
    data = panel(3, 2.0, curved=True)
    few = data[data["g"].astype(int) < 9]
    assert all(step.name != "new groups" for step in fitted(few).engine_.steps)


def test_interactions_between_groups_are_found(tmp_path):
    """What no sum of curves says: new groups' means by the product of three predictors."""
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(160), 4)
    a, b, c = rng.uniform(-1.5, 1.5, size=(3, 160))
    effect = 2.0 * a * b * c + 0.3 * rng.normal(size=160)
    y = effect[group] + 0.3 * rng.normal(size=len(group))
    data = pd.DataFrame({"g": group.astype(str), "a": a[group], "b": b[group], "c": c[group]})
    data["y"] = y
    train, new = split(data)
    formula = "y ~ a + b + c + (1 | g)"
    model = fitted(train, formula)
    plain = fitted(train, formula, inference="marginal", hidden_dims=[])
    assert isinstance(model.engine_.averaged.columns, Surface)
    assert error(model, new) < 0.35 * error(plain, new)
    model.save(tmp_path / "m.tmx")
    again = TabMixNN.load(tmp_path / "m.tmx")
    np.testing.assert_array_equal(again.predict(new), model.predict(new))
    assert error(model, train) < 1.1 * error(plain, train)


def test_separated_outcomes_have_a_penalty_and_no_warnings():
    """Of coefficients without estimates, or a hundred of infinite numbers."""
    data = panel(1, 0.0)
    data["sign"] = (data["x"] > 0.0).astype(int)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = TabMixNNClassifier("sign ~ x + (1 | g)").fit(data)
    assert not {SeparationWarning, RuntimeWarning} & {each.category for each in caught}
    assert model.engine_.penalty > 0.0


@pytest.mark.parametrize("formula", ["y ~ 0 + (1 | g)", "y ~ 1 + (1 | g)"])
def test_there_is_none_without_predictors(formula):
    found = fitted(panel(3, 2.0), formula)
    assert all(step.name != "new groups" for step in found.engine_.steps)


def test_classes():
    data = panel(2, -3.0, n_groups=300, n_times=10)
    rng = np.random.default_rng(0)
    data["y"] = np.where(rng.random(len(data)) < 1 / (1 + np.exp(-2 * data["y"])), "yes", "no")
    train, new = split(data)
    formula = "y ~ x + (1 | g)"
    model = TabMixNNClassifier(formula, random_state=0).fit(train)
    plain = TabMixNNClassifier(formula, inference="marginal", hidden_dims=[]).fit(train)
    assert model.engine_.averaged is not None
    truth = (new["y"] == "yes").to_numpy()

    def loss(each):
        p = each.predict_proba(new)[:, 1]
        return -np.mean(np.where(truth, np.log(p), np.log(1 - p)))

    assert loss(model) < 0.8 * loss(plain)


def test_explanations_of_new_groups_add_up():
    train, new = split(panel(1, 2.0))
    model = fitted(train)
    rows = new.head(6)
    found = model.explain(rows)
    assert any(player.label == "g" for player in found.players)
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total[:, 0], model.predict(rows), atol=1e-6)
