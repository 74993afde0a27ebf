"""Simulation, refitting, bootstrap."""

import re
import warnings
from copy import copy

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN
from tabmixnn.inference.marginal import ConvergenceWarning, SingularFitWarning
from tabmixnn.interpret.parameters import var_corr


def test_simulations_have_the_models_moments(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy)
    drawn = model.simulate(2000, seed=1)
    assert drawn.shape == (180, 2000)
    assert drawn.index.equals(sleepstudy.index)
    variance = model.var_corr().vcov
    np.testing.assert_allclose(
        drawn.mean(axis=1), model.predict(sleepstudy, re_form="none"), atol=4
    )
    assert drawn.var(axis=1).mean() == pytest.approx(variance.sum(), rel=0.05)
    within = drawn.iloc[:10].T.cov().to_numpy()[np.triu_indices(10, 1)].mean()
    assert within == pytest.approx(variance[0], rel=0.1)
    between = np.cov(drawn.iloc[0], drawn.iloc[20])[0, 1]
    assert abs(between) < 0.1 * variance[0]


def test_conditional_simulations_keep_the_groups(sleep, sleepstudy):
    drawn = sleep.simulate(1500, seed=1, re_form="all")
    np.testing.assert_allclose(drawn.mean(axis=1), sleep.predict(sleepstudy), atol=4)
    assert drawn.std(axis=1).mean() == pytest.approx(sleep.sigma_, rel=0.03)


def test_the_seed_decides(sleep):
    pd.testing.assert_frame_equal(sleep.simulate(2, seed=3), sleep.simulate(2, seed=3))
    assert not np.allclose(sleep.simulate(1, seed=3), sleep.simulate(1, seed=4))


def test_weights_shrink_the_residuals(lmm, sleepstudy):
    weights = np.where(sleepstudy.Days < 5, 1.0, 25.0)
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy.assign(w=weights), weights="w")
    error = model.simulate(500, seed=0, re_form="all").sub(model.predict(sleepstudy), axis=0)
    ratio = error[weights == 1].std(axis=1).mean() / error[weights == 25].std(axis=1).mean()
    assert ratio == pytest.approx(5, rel=0.05)


def test_counts_are_simulated_as_pairs_and_refitted(herds, cbpp):
    drawn = herds.simulate(3, seed=0)
    assert list(drawn["sim_2"].columns) == ["success", "failure"]
    assert (drawn["sim_2"].sum(axis=1) == cbpp["size"].to_numpy()).all()
    again = herds.refit(drawn["sim_2"])
    assert again.loglik_ != herds.loglik_
    assert list(again.fixef().index) == list(herds.fixef().index)


def test_counts_with_weights_are_simulated_of_their_trials(cbpp):
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    exact = {"inference": "marginal", "hidden_dims": []}
    weighted = TabMixNN(formula, family="binomial", weights="w", **exact).fit(cbpp.assign(w=1.5))
    with pytest.warns(UserWarning, match="of this binomial model multiply the likelihood"):
        drawn = weighted.simulate(1, seed=0)["sim_1"]
    assert (drawn.sum(axis=1) == cbpp["size"].to_numpy()).all()
    assert (drawn == drawn.round()).all(axis=None)


def test_refitting_to_the_same_responses_changes_nothing(sleep, sleepstudy):
    again = sleep.refit(sleepstudy.Reaction)
    assert again is not sleep
    assert again.loglik_ == sleep.loglik_
    moved = sleep.refit(sleepstudy.Reaction + 10)
    assert moved.fixef()["(Intercept)"] == pytest.approx(sleep.fixef()["(Intercept)"] + 10)
    assert moved.sigma_ == pytest.approx(sleep.sigma_, rel=1e-6)


def test_refit_needs_one_response_a_row(sleep):
    with pytest.raises(ValueError, match=r"shape \(180,\), one for every training row; got \(9,\)"):
        sleep.refit(np.arange(9))
    with pytest.raises(ValueError, match="constant"):
        sleep.refit(np.ones(180))


def test_bootstrap_agrees_with_the_standard_errors(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy)
    drawn = model.bootstrap(lambda refitted: refitted.fixef(), n=300, seed=0)
    assert list(drawn.columns) == ["(Intercept)", "Days"]
    expected = model.summary().fixed["Std. Error"]
    np.testing.assert_allclose(drawn.std(), expected, rtol=0.15)


def test_bootstrap_of_numbers_counts_the_singular_fits(lmm, sleepstudy):
    few = sleepstudy[sleepstudy.Subject.isin(sleepstudy.Subject.unique()[:4])]
    model = lmm("Reaction ~ Days + (Days | Subject)", few)
    with pytest.warns(UserWarning, match=r"of 40 bootstrap refits \d+ were singular; they"):
        drawn = model.bootstrap(lambda m: var_corr(m.engine_).sdcor[0], n=40, seed=0)
    assert drawn.shape == (40, 1)
    assert (drawn["statistic"] >= 0).all()


def test_singular_fits_and_those_that_did_not_converge_are_counted_apart(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy)
    kinds = iter([SingularFitWarning, ConvergenceWarning, ConvergenceWarning, None])

    def refit(y):
        kind = next(kinds)
        if kind is not None:
            warnings.warn("this one", kind, stacklevel=1)
        return model

    model.refit = refit
    with pytest.warns(UserWarning, match="of 4 .* 1 were singular, 2 did not converge; they"):
        model.bootstrap(lambda refitted: refitted.fixef(), n=4, seed=0)


def rare_events(n_events):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"g": np.arange(60) % 6, "x": rng.normal(size=60), "ill": 0.0})
    data.loc[: n_events - 1, "ill"] = 1.0
    return data


@pytest.mark.filterwarnings("ignore:boundary")
def test_constant_draws_do_not_end_a_bootstrap():
    model = TabMixNN("ill ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[])
    model.fit(rare_events(2))
    message = r"could not be fitted to (\d+) of 40 .* rows are NaN; the first said: .* constant"
    with pytest.warns(UserWarning, match=message) as caught:
        drawn = model.bootstrap(lambda m: m.fixef(), n=40, seed=0)
    (found,) = filter(None, (re.search(message, str(each.message)) for each in caught))
    simulated = model.simulate(40, seed=0)
    constant = (simulated.min() == simulated.max()).to_numpy()
    assert int(found.group(1)) == constant.sum() > 0
    np.testing.assert_array_equal(drawn.isna().all(axis=1), constant)
    assert list(drawn.columns) == ["(Intercept)", "x"]


@pytest.mark.filterwarnings("ignore:boundary")
def test_a_bootstrap_of_constant_draws_alone_is_refused():
    model = TabMixNN("ill ~ x + (1 | g)", family="poisson", inference="marginal", hidden_dims=[])
    model.fit(rare_events(1))
    with pytest.raises(ValueError, match=r"any of 1 simulations; the first said: .* constant"):
        model.bootstrap(lambda m: m.fixef(), n=1, seed=2)


def test_an_unknown_re_form(sleep):
    with pytest.raises(ValueError, match="re_form must be 'none' or 'all'; got 'marginal'"):
        sleep.simulate(re_form="marginal")


def test_a_refit_keeps_how_it_predicts_and_loses_what_was_of_other_responses():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=300), "g": np.repeat(np.arange(30), 10).astype(str)})
    eta = data["x"] + 1.5 * rng.normal(size=30)[np.repeat(np.arange(30), 10)]
    data["y"] = rng.binomial(1, 1 / (1 + np.exp(-eta)))
    model = TabMixNN("y ~ x + (1 | g)", family="binomial", inference="auto").fit(data)
    assert model.inference_ == "marginal", "the formula's model, reached by auto"
    new = data.assign(g="new")
    again = model.refit(data["y"])
    np.testing.assert_allclose(again.predict(new), model.predict(new), rtol=1e-4)
    assert len(again.history_) == again.n_iter_ == 1


def test_intervals_calibrated_on_other_responses_do_not_outlive_a_refit(sleep, sleepstudy):
    model = copy(sleep)
    model.calibrate(sleepstudy.assign(Reaction=sleepstudy["Reaction"] + 1000))
    found = model.refit(sleepstudy["Reaction"]).predict(
        sleepstudy, interval=0.9, calibrate="conformal"
    )
    assert (found["upper"] - found["lower"]).max() < 500


@pytest.fixture(scope="module")
def counted():
    rng = np.random.default_rng(0)
    trials = rng.integers(2, 9, 200)
    rows = pd.DataFrame({"x": rng.normal(size=200), "g": rng.integers(0, 12, 200).astype(str)})
    successes = rng.binomial(trials, 1.0 / (1.0 + np.exp(-rows["x"])))
    rows["count"], rows["size"] = rng.poisson(np.exp(rows["x"] / 2.0)), rng.gamma(2.0, size=200)
    rows["s"], rows["f"], rows["share"] = successes, trials - successes, successes / trials
    return rows.assign(trials=trials, w=rng.integers(1, 4, 200))


@pytest.mark.parametrize(
    ("response", "family"),
    [
        ("count", "poisson"),
        ("count", "negative_binomial"),
        ("size", "gamma"),
        ("cbind(s, f)", "binomial"),
    ],
)
def test_multipliers_of_the_likelihood_do_not_say_how_responses_vary(counted, response, family):
    options = {"family": family, "inference": "marginal", "hidden_dims": []}
    model = TabMixNN(f"{response} ~ x", weights="w", **options).fit(counted)
    with pytest.raises(ValueError, match="do not say how responses vary"):
        model.confint("boot", n=2)
    with pytest.warns(UserWarning, match="the simulated ones are of rows of weight one"):
        model.simulate(2, seed=0)
    plain = TabMixNN(f"{response} ~ x", **options).fit(counted)
    assert len(plain.bootstrap(lambda each: each.fixef(), n=2, seed=0)) == 2


def test_trials_do_if_they_are_whole(counted):
    options = {"family": "binomial", "inference": "marginal", "hidden_dims": []}
    model = TabMixNN("share ~ x", weights="trials", **options).fit(counted)
    drawn = model.simulate(400, seed=0)
    successes = drawn.mul(counted["trials"], axis=0)
    assert np.abs(successes - successes.round()).max(axis=None) < 1e-9
    np.testing.assert_allclose(drawn.mean(axis=1), model.predict(counted), atol=0.12)
    survey = counted.assign(
        y=(counted["x"] > counted["x"].shift(1)).astype(int), v=counted["w"] / 2
    )
    model = TabMixNN("y ~ x", weights="v", **options).fit(survey)
    with pytest.raises(ValueError, match="whole numbers of trials"):
        model.simulate()
