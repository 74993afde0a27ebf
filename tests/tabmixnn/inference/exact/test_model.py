"""Predictions of exact models: given the groups, of the population, and integrated over it."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN, TabMixNNRegressor
from tests.tabmixnn.inference.exact.alone import EXACT


def test_unseen_groups_get_the_population_level(model, data):
    new = data.assign(Subject=999)
    population = model.predict(data, re_form="none")
    np.testing.assert_allclose(model.predict(new), population)
    np.testing.assert_allclose(population, 251.405104848 + 10.4672859596 * data.Days)
    mixed = pd.concat([data.iloc[:2], new.iloc[:2]])
    both = model.predict(data)[:2], population[:2]
    np.testing.assert_allclose(model.predict(mixed), np.concatenate(both))


def test_fitted_values_are_lme4s(model, data):
    expected = [253.6636719, 273.3299294, 292.9961869]
    np.testing.assert_allclose(model.predict(data)[:3], expected, rtol=1e-6)


def test_three_predictions_of_a_generalised_model(herds, cbpp):
    conditional, population, marginal = (
        herds.predict(cbpp, re_form=form) for form in ("all", "none", "marginal")
    )
    link = herds.predict(cbpp, re_form="none", kind="link")
    np.testing.assert_allclose(population, 1 / (1 + np.exp(-link)))
    np.testing.assert_allclose(herds.predict(cbpp, re_form="marginal", kind="link"), link)
    draws = np.random.default_rng(0).normal(0, herds.var_corr().sdcor[0], 200_000)
    expected = [(1 / (1 + np.exp(-(eta + draws)))).mean() for eta in link[:4]]
    np.testing.assert_allclose(marginal[:4], expected, atol=2e-3)
    assert (np.abs(marginal - 0.5) < np.abs(population - 0.5)).all()
    assert not np.allclose(conditional, population)


def test_marginal_means_of_counts_are_lognormal(data):
    counts = data.assign(y=(data.Reaction / 40).round())
    model = TabMixNN("y ~ Days + (Days | Subject)", family="poisson", **EXACT).fit(counts)
    intercept, slope, covariance = model.var_corr().vcov
    variance = intercept + 2 * covariance * data.Days + slope * data.Days**2
    link = model.predict(counts, re_form="none", kind="link")
    marginal = model.predict(counts, re_form="marginal")
    np.testing.assert_allclose(marginal, np.exp(link + variance / 2), rtol=1e-10)


def test_marginal_is_population_level_in_a_linear_model(model, data):
    np.testing.assert_array_equal(
        model.predict(data, re_form="marginal"), model.predict(data, re_form="none")
    )


def test_aliased_columns_are_dropped_and_predicted_without(data):
    twice = data.assign(double=2 * data.Days, one=1.0)
    formula = "Reaction ~ Days + double + one + (1 | Subject)"
    with pytest.warns(UserWarning, match="dropping 2 columns: double, one"):
        model = TabMixNNRegressor(formula, **EXACT).fit(twice)
    assert list(model.fixef().index) == ["(Intercept)", "Days"]
    plain = TabMixNNRegressor("Reaction ~ Days + (1 | Subject)", **EXACT).fit(data)
    new = twice.assign(double=-5.0)
    np.testing.assert_allclose(model.predict(new), plain.predict(data))


def test_a_level_unseen_in_a_fixed_factor_is_named(cbpp, herds):
    with pytest.raises(ValueError, match=r"period.*'9'|'9'.*period"):
        herds.predict(cbpp.assign(period="9"))
