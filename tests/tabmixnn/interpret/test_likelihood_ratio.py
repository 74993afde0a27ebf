"""Likelihood-ratio tests against ``anova`` of lme4 1.1-31."""

import warnings

import numpy as np
import pytest

from tabmixnn.interpret import RefitWarning, anova

# anova(lm(Reaction ~ Days), lmer(... (1 | Subject)), lmer(... (Days | Subject)))
EXPECTED = {
    "npar": [3, 4, 6],
    "AIC": [1906.293056, 1802.078643, 1763.939344],
    "BIC": [1915.871927, 1814.850470, 1783.097086],
    "logLik": [-950.1465282, -897.0393215, -875.9696722],
    "deviance": [1900.293056, 1794.078643, 1751.939344],
    "Chisq": [np.nan, 106.2144134, 42.13929854],
    "Df": [np.nan, 1, 2],
    "Pr(>Chisq)": [np.nan, 6.617359458e-25, 7.072412547e-10],
}


@pytest.fixture(scope="module")
def models(lmm, sleepstudy, sleep):
    intercepts = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy)
    return [sleep, lmm("Reaction ~ Days", sleepstudy), intercepts]


def test_three_nested_models(models):
    with pytest.warns(RefitWarning, match="refitting models with ML"):
        table = anova(*models)
    assert list(table.columns) == list(EXPECTED)
    assert table.index[-1] == "Reaction ~ Days + (Days | Subject)"
    for column, values in EXPECTED.items():
        np.testing.assert_allclose(table[column], values, rtol=1e-6)
    assert models[0].loglik_ == pytest.approx(-871.814136)  # the models stay as they were


def test_the_method_is_the_function(models):
    with pytest.warns(RefitWarning):
        table = models[0].anova(models[2])
    assert table["Chisq"].iloc[1] == pytest.approx(42.13929854)


def test_maximum_likelihood_fits_are_not_refitted(lmm, sleepstudy):
    formulas = ("Reaction ~ Days + (Days | Subject)", "Reaction ~ 1 + (Days | Subject)")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = anova(*(lmm(formula, sleepstudy, reml=False) for formula in formulas))
    assert table["Chisq"].iloc[1] == pytest.approx(23.53652, rel=1e-5)


def test_restricted_likelihoods_can_be_compared_as_they_are(models):
    table = anova(models[0], models[2], refit=False)
    assert table["Chisq"].iloc[1] == pytest.approx(2 * (models[0].loglik_ - models[2].loglik_))


def test_mixed_criteria_do_not_compare(lmm, sleepstudy, sleep):
    other = lmm("Reaction ~ Days + (1 | Subject)", sleepstudy, reml=False)
    with pytest.raises(ValueError, match="Some models were fitted by REML"):
        anova(sleep, other, refit=False)


def test_restricted_likelihoods_are_of_the_same_fixed_effects(lmm, sleepstudy, sleep):
    other = lmm("Reaction ~ 1 + (Days | Subject)", sleepstudy)
    with pytest.raises(ValueError, match="models with different fixed effects do not compare"):
        anova(sleep, other, refit=False)


def test_approximations_are_the_same(glmm, cbpp, herds):
    formula = "cbind(incidence, size - incidence) ~ 1 + (1 | herd)"
    with pytest.raises(ValueError, match="nagq=1 and nagq=9, so they do not compare"):
        anova(herds, glmm(formula, cbpp, "binomial", nagq=9))


def test_one_model_is_not_enough(sleep):
    with pytest.raises(ValueError, match="two fitted models or more"):
        anova(sleep)


def test_different_rows(lmm, sleepstudy, sleep):
    with pytest.raises(ValueError, match="180 and 150 rows"):
        anova(sleep, lmm("Reaction ~ Days + (1 | Subject)", sleepstudy.iloc[:150]))


def test_different_responses(lmm, sleepstudy, sleep):
    other = lmm("log(Reaction) ~ Days + (1 | Subject)", sleepstudy)
    with pytest.raises(ValueError, match="different responses"):
        anova(sleep, other)


def test_models_are_named_by_the_formula_that_was_fitted(lmm, sleepstudy):
    formulas = ("Reaction ~ 1 + (1 | Subject)", "Reaction ~ Days + (1 | Subject)")
    models = [lmm(formula, sleepstudy, reml=False) for formula in formulas]
    models[1].set_params(formula="Reaction ~ poly(Days, 2) + (1 | Subject)")
    assert anova(*models).index[1] == "Reaction ~ Days + (1 | Subject)"
    assert "Formula: Reaction ~ Days + (1 | Subject)" in str(models[1].summary())
