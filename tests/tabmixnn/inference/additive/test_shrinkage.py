"""How much groups differ: what the exact engine found, or less where held-out rows say so."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference.additive import crossval
from tabmixnn.inference.additive.model import Model
from tabmixnn.inference.additive.shrinkage import SHARES


def pairs(seed=0, groups=400, rows=3, deviation=4.0):
    """Few rows of groups that differ much, and a curve of x."""
    rng = np.random.default_rng(seed)
    g, x = np.repeat(np.arange(groups), rows), rng.uniform(-2, 2, groups * rows)
    eta = deviation * rng.normal(size=groups)[g] + 3 * np.sin(2 * x)
    ill = (rng.uniform(size=len(x)) < 1 / (1 + np.exp(-eta))).astype(int)
    return pd.DataFrame({"g": g.astype(str), "x": x, "ill": ill})


def spells(seed=0, groups=300, years=8):
    """Most are never ill, some for years on end: slopes of Laplace's approximation are wild."""
    rng = np.random.default_rng(seed)
    never, ill = rng.uniform(size=groups) < 0.8, np.zeros((groups, years), dtype=int)
    for year in range(years):
        stays = ill[:, year - 1] == 1 if year else rng.uniform(size=groups) < 0.2
        ill[:, year] = rng.uniform(size=groups) < np.where(never, 0.0, np.where(stays, 0.7, 0.15))
    g, x = np.repeat(np.arange(groups), years), np.tile(np.linspace(-1.6, 1.6, years), groups)
    return pd.DataFrame({"g": g.astype(str), "x": x, "ill": ill.ravel()})


def fit(data, formula="ill ~ x + (1 | g)", model=TabMixNNClassifier):
    return model(formula, random_state=0).fit(data)


def parts(data):
    """A row of each group to predict, and the others."""
    held_out = data.groupby("g").sample(1, random_state=0).index
    return data.drop(held_out), data.loc[held_out]


def step(model):
    """The step of that name, if it was tried."""
    return next((each for each in model.engine_.steps if each.name == "shrinkage"), None)


@pytest.fixture(scope="module")
def grown():
    train, test = parts(pairs())
    return fit(train), train, test


@pytest.fixture(scope="module")
def shrunken():
    train, test = parts(spells())
    return fit(train, "ill ~ x + (x | g)"), train, test


def test_terms_that_come_in_leave_the_groups_variance(grown):
    engine = grown[0].engine_
    assert len(grown[0].terms_)
    found, exact = (each.G[0].item() for each in (engine.estimates, engine.exact.result))
    assert found == pytest.approx(engine.share**2 * exact, rel=1e-3)
    assert exact > 4


def test_quasi_likelihood_would_lose_the_groups(grown, monkeypatch):
    """With the variances left to it known groups are predicted worse, or all terms go again."""
    model, train, test = grown
    monkeypatch.setattr(Model, "held", lambda self, matrices, outcome: None)
    free = fit(train)
    areas = [roc_auc_score(test["ill"], m.predict_proba(test)[:, 1]) for m in (model, free)]
    assert areas[0] > areas[1] + 0.02


def test_what_the_likelihood_overdoes_is_taken_back(shrunken):
    model, train, test = shrunken
    assert step(model).comparison.is_clear
    assert model.engine_.share in SHARES
    exact = fit(train, "ill ~ x + (x | g)", Exact)
    losses = [log_loss(test["ill"], m.predict_proba(test)[:, 1]) for m in (model, exact)]
    assert losses[0] < losses[1]


def test_the_summary_and_a_file_know_of_it(shrunken, tmp_path):
    model, _, test = shrunken
    share = f"Groups differ by {model.engine_.share:.0%} of the deviations"
    assert share in " ".join(str(model.summary()).split())
    model.save(tmp_path / "spells.tmx")
    back = TabMixNNClassifier.load(tmp_path / "spells.tmx")
    assert back.engine_.share == model.engine_.share
    np.testing.assert_array_equal(back.predict_proba(test), model.predict_proba(test))


def test_a_hint_is_not_enough(shrunken, monkeypatch):
    monkeypatch.setattr(crossval, "CLEAR", 1e3)
    model = fit(shrunken[1], "ill ~ x + (x | g)")
    assert getattr(model.engine_, "share", 1.0) == 1.0


@pytest.mark.parametrize("formula", ["x ~ ill + (1 | g)", "x ~ ill"])
def test_a_gaussian_likelihood_is_believed(formula):
    assert step(fit(pairs(groups=100), formula, TabMixNNRegressor)) is None


def test_without_groups_there_is_nothing_to_shrink():
    assert step(fit(pairs(groups=100), "ill ~ x")) is None


def Exact(formula, **options):
    return TabMixNNClassifier(formula, inference="marginal", hidden_dims=[], **options)
