"""What cross-validation lets in, and what it does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNNRegressor
from tabmixnn.inference.additive import crossval, ladder

FORMULA = "y ~ x + z + (1 | g)"

pytestmark = pytest.mark.usefixtures("two_folds")


def fit(formula, rows, **options):
    return TabMixNNRegressor(formula, random_state=0, **options).fit(rows)


def test_the_formula_is_kept_where_it_is_true():
    kept = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(35), 6)
        data = pd.DataFrame(rng.normal(size=(210, 2)), columns=["x", "z"])
        data["g"] = codes.astype(str)
        data["y"] = data["x"] + 0.5 * data["z"] + rng.normal(size=35)[codes]
        data["y"] += 0.5 * rng.normal(size=210)
        kept += fit(FORMULA, data).inference_ == "marginal"
    assert kept > 5


def test_contradicted_terms_leave_the_exact_fit(curves, monkeypatch, tmp_path):
    monkeypatch.setattr(crossval, "CONTRADICTED", np.inf)
    monkeypatch.setattr(crossval, "SUPPORTED", np.inf)
    data = curves(groups=10)
    model = fit(FORMULA, data)
    exact = TabMixNNRegressor(FORMULA, inference="marginal", hidden_dims=[]).fit(data)
    assert model.inference_ == "marginal"
    assert model.engine_.steps[0].name == "additive"
    assert len(model.terms_) == 0
    np.testing.assert_array_equal(model.predict(data), exact.predict(data))
    np.testing.assert_array_equal(model.fixef(), exact.fixef())
    model.save(tmp_path / "model")
    again = TabMixNNRegressor.load(tmp_path / "model")
    assert again.inference_ == "marginal"
    np.testing.assert_array_equal(again.predict(data), exact.predict(data))


@pytest.mark.parametrize("limit", [np.inf, 0.0])
def test_terms_are_chosen_anew_in_each_fold_where_that_is_cheap(curves, limit, monkeypatch):
    data = curves(groups=10)
    searches = []

    def search(start, candidates, *arguments, **options):
        if any(each.is_main for each in candidates):
            searches.append(options)
        return ladder_search(start, candidates, *arguments, **options)

    ladder_search = ladder.search_terms
    monkeypatch.setattr(ladder, "search_terms", search)
    monkeypatch.setattr(ladder, "SEARCHED_WORK", limit)
    found = fit(FORMULA, data, hidden_dims=[])
    assert searches == [{}, *[{"most_work": limit}] * 2]
    # The formula's own model is beyond the limit of nothing: folds have the terms of all rows.
    assert found.engine_.steps[0].comparison.is_support


def test_dear_terms_found_by_chance_do_not_pass():
    rng = np.random.default_rng(100)
    rows = pd.DataFrame(rng.normal(size=(600, 15))).add_prefix("v")
    rows["g"] = rng.integers(0, 60, 600)
    shift = rng.normal(size=60)[rows["g"]]
    rows["y"] = 2.0 * rows["v0"] + rows["v1"] + shift + rng.normal(size=600)
    formula = f"y ~ {' + '.join(f'v{i}' for i in range(15))} + (1 | g)"
    found = fit(formula, rows, hidden_dims=[])
    (step,) = (step for step in found.engine_.steps if step.name == "additive")
    assert step.comparison.is_contradiction
    assert found.inference_ == "marginal"


def labelled(n, levels, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, n)
    data = pd.DataFrame({"w": [f"l{code}" for code in codes], "z": rng.normal(size=n)})
    data["g"] = rng.integers(0, 10, n).astype(str)
    data["mean"] = rng.normal(size=levels)[codes] + data["z"]
    data["y"] = data["mean"] + 0.3 * rng.normal(size=n)
    return data


@pytest.mark.filterwarnings("ignore:boundary")
def test_where_folds_cannot_judge_effects_have_a_prior():
    """The rows left to train on are fewer than the fixed effects, and nothing else comes in."""
    data = labelled(450, 900)
    model = fit("y ~ w + z + (1 | g)", data)
    assert data["w"].nunique() > len(data) / 2
    assert [step.name for step in model.engine_.steps] == ["penalty"]
    assert model.engine_.penalty > 0.0
    exact = TabMixNNRegressor("y ~ w + z + (1 | g)", inference="marginal", hidden_dims=[]).fit(data)
    errors = [((each.predict(data) - data["mean"]) ** 2).mean() for each in (model, exact)]
    assert errors[0] < 1.1 * errors[1]


@pytest.mark.filterwarnings("ignore:boundary")
def test_networks_need_something_to_read():
    """A category of very many levels is a factor of the formula and no input."""
    data = labelled(ladder.FEWEST_LEARNED, 100)
    model = fit("y ~ w + (1 | g)", data)
    assert np.isfinite(model.predict(data.assign(g="new"))).all()
    assert "networks" not in {step.name for step in model.engine_.steps}


def planted(seed=0, n=400):
    """Groups that differ in a product of two numbers, and pairs of groups that differ."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(rng.normal(size=(n, 2)), columns=["x", "z"])
    g, h = rng.integers(0, 20, n), rng.integers(0, 5, n)
    data["g"], data["h"] = [f"g{k}" for k in g], [f"h{k}" for k in h]
    shift = rng.normal(size=20)[g] + rng.normal(size=5)[h] + data["x"]
    data["product"] = shift + rng.normal(size=20)[g] * data["x"] * data["z"]
    data["pairs"] = shift + rng.normal(size=(20, 5))[g, h]
    noise = 0.3 * rng.normal(size=n)
    return data.assign(
        product=data["product"] + noise, pairs=data["pairs"] + noise, plain=shift + noise
    )


@pytest.mark.parametrize(
    ("response", "term"), [("product", "line_product(x, z) | g"), ("pairs", "levels(h) | g")]
)
def test_groups_that_differ_in_an_interaction_are_found(response, term):
    found = fit(f"{response} ~ x + z + (1 | g) + (1 | h)", planted(), hidden_dims=[])
    assert term in {str(each) for each in found.engine_.scores}
    (step,) = (step for step in found.engine_.steps if step.name == "interactions")
    assert step.comparison.t > 3.0
    assert np.sqrt(step.comparison.richer / step.comparison.plain) < 0.7


def test_interactions_need_the_support_of_rows_held_out(monkeypatch):
    monkeypatch.setattr(crossval, "SUPPORTED", np.inf)
    found = fit("product ~ x + z + (1 | g) + (1 | h)", planted(), hidden_dims=[])
    assert "interactions" in {step.name for step in found.engine_.steps}
    assert not any("product" in term for term in found.terms_["term"])


def test_interactions_are_not_there_where_groups_do_not_differ_in_them():
    found = [
        fit("plain ~ x + z + (1 | g) + (1 | h)", planted(seed), hidden_dims=[]) for seed in range(6)
    ]
    grown = [each.engine_ for each in found if each.inference_ == "auto"]
    let_in = [term for each in grown for term in each.scores if is_of_a_later_step(each, term)]
    assert len(let_in) <= 2


def is_of_a_later_step(engine, term):
    return any(term in terms for terms in engine.model.space.interactions.values())


def quadrants(seed=0, n=600):
    """Groups, and steps in two numbers at once, over all rows and by level of a category."""
    rng = np.random.default_rng(seed)
    data = pd.DataFrame(rng.uniform(-1.0, 1.0, size=(n, 2)), columns=["x", "z"])
    codes = rng.integers(0, 30, n)
    data["g"], data["c"] = codes.astype(str), rng.choice(list("uvw"), n)
    shift = rng.normal(size=30)[codes]
    data["both"] = shift + 2.0 * np.sign(data["x"] - 0.2) * np.sign(data["z"] + 0.3)
    data["level"] = shift + 2.0 * np.sign(data["x"] - 0.2) * ((data["c"] == "u") - 0.4)
    return data.assign(
        both=data["both"] + 0.3 * rng.normal(size=n), level=data["level"] + 0.3 * rng.normal(size=n)
    )


@pytest.mark.parametrize(
    ("response", "formula", "term"),
    [
        ("both", "both ~ x + z + (1 | g)", "path_product(x, z)"),
        ("level", "level ~ x * c + (1 | g)", "path_by(x, c)"),
    ],
)
def test_steps_in_two_predictors_at_once_are_found(response, formula, term, monkeypatch):
    data = quadrants()
    train, test = data[:480], data[480:]
    found = fit(formula, train, hidden_dims=[])
    assert term in {str(each) for each in found.engine_.scores}
    (step,) = (step for step in found.engine_.steps if step.name == "rough interactions")
    assert step.comparison.t > 3.0
    monkeypatch.setattr(crossval, "SUPPORTED", np.inf)
    smooth = fit(formula, train, hidden_dims=[])
    assert term not in {str(each) for each in smooth.engine_.scores}
    errors = [np.std(test[response] - each.predict(test)) for each in (found, smooth)]
    assert errors[0] < 0.95 * errors[1]
