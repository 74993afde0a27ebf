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

    def search(*arguments, **options):
        searches.append(options)
        return ladder_search(*arguments, **options)

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
    data["y"] = rng.normal(size=levels)[codes] + data["z"] + 0.3 * rng.normal(size=n)
    return data


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize(("n", "levels"), [(120, 260), (450, 900)])
def test_where_folds_cannot_judge_rows_left_out_alone_do(n, levels):
    """The rows left to train on are fewer than the fixed effects, which are what they seem."""
    data = labelled(n, levels)
    model = fit("y ~ w + z + (1 | g)", data)
    assert data["w"].nunique() > n / 2
    assert [step.name for step in model.engine_.steps] == ["penalty"]
    exact = TabMixNNRegressor("y ~ w + z + (1 | g)", inference="marginal", hidden_dims=[]).fit(data)
    np.testing.assert_array_equal(model.predict(data), exact.predict(data))


@pytest.mark.filterwarnings("ignore:boundary")
def test_networks_need_something_to_read():
    """A category of very many levels is a factor of the formula and no input."""
    data = labelled(ladder.FEWEST_LEARNED, 100)
    model = fit("y ~ w + (1 | g)", data)
    assert np.isfinite(model.predict(data.assign(g="new"))).all()
    assert "networks" not in {step.name for step in model.engine_.steps}
