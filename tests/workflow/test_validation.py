"""The validation page: it measures what it says, and it can fail."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixbench.validation.agreement import Quantity, agreement, fit_reference, quantities
from tabmixbench.validation.claim import (
    BOUND,
    DESIGNS,
    READINGS,
    claim_rows,
    claim_table,
    printed_weight,
)
from tabmixbench.validation.optimum import optimum_row, optimum_table
from tabmixbench.validation.page import agreement_table, structured_table, timing_table
from tabmixbench.validation.reference import read_references
from tabmixbench.validation.statsmodels import statsmodels_rows, statsmodels_table
from tabmixbench.validation.structured import MODELS, structured_agreement
from tabmixbench.validation.timing import timed_fits

FOLDER = Path(__file__).resolve().parents[2] / "data/reference"
LINEAR = read_references(FOLDER / "lmer.json")
GENERALISED = read_references(FOLDER / "glmm.json")
STRUCTURED = read_references(FOLDER / "structured.json")


@pytest.mark.parametrize(
    ("references", "name"),
    [(LINEAR, "lmer_sleepstudy_indep_ml"), (GENERALISED, "glmer_cbpp_agq25")],
)
def test_a_fit_is_compared_in_every_kind_of_number(references, name):
    row = agreement(name, references[name], *fit_reference(references[name]))
    assert {"error_logLik", "error_fixef", "error_se", "error_varcomp", "error_ranef"} <= set(row)
    assert agreement_table(pd.DataFrame([row])).data["verdict"].item() == "agrees"


def test_a_wrong_number_is_found():
    reference = dict(LINEAR["lmer_dyestuff_reml"])
    reference["sigma"] = reference["sigma"] * 1.001
    reference["varcomp"] = [
        [group, term1, term2, vcov, sdcor * 1.001]
        for group, term1, term2, vcov, sdcor in reference["varcomp"]
    ]
    row = agreement("wrong", reference, *fit_reference(reference))
    assert row["error_varcomp"] == pytest.approx(0.001, rel=0.01)
    table = agreement_table(pd.DataFrame([row]))
    assert table.data["verdict"].item() == "1 beyond tolerance"
    assert [cell.value for cell in table.rows[0] if cell.bold] == ["1e-03"]


def test_errors_are_relative_but_for_what_is_zero():
    assert Quantity("fixef", "x", 2.02, 2.0, 2.0).error == pytest.approx(0.01)
    assert Quantity("fixef", "x", 1e-9, 0.0, 0.0).error == 0.0
    assert Quantity("ranef", "g a x", 0.011, 0.010, 1.0).error == pytest.approx(0.001)


def test_every_number_of_the_reference_is_used():
    reference = LINEAR["lmer_sleepstudy_slope_reml"]
    model, seconds = fit_reference(reference)
    found = list(quantities(reference, model))
    assert seconds > 0
    assert len([q for q in found if q.kind == "ranef"]) == 18 * 2
    assert len([q for q in found if q.kind == "varcomp"]) == 4
    assert len([q for q in found if q.kind == "fixef"]) == 2


def test_timings_are_given_as_ratios_and_what_is_missing_has_its_reason():
    rows = pd.DataFrame([{"fit": "a", "n": 10, "ours": 0.002, "mixedlm": 0.004, "lmer": None}])
    table = timing_table(rows, "lmer was not timed: there is no Rscript on this machine")
    assert [cell.value for cell in table.rows[0]] == ["a", "10", "2.0", "4.0 (2.0×)", "–"]
    assert "no Rscript" in table.notes[-1]


def test_each_model_is_timed_once():
    fits = timed_fits(LINEAR | GENERALISED)
    assert "insteval_two_factors_reml" in fits
    assert all(reference["method"] == "REML" for reference in fits.values())


def test_every_structured_reference_has_its_model():
    assert {name.rpartition("_")[0] for name in STRUCTURED} == set(MODELS)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("gblup_reml", {"logLik", "fixef", "se", "varcomp", "ranef", "new"}),
        ("nlme_lme_slope_ar1_orthodont_ml", {"logLik", "fixef", "se", "varcomp", "ranef"}),
        ("nlme_gls_un_orthodont_ml", {"logLik", "fixef", "se", "varcomp"}),
        ("tmb_cs_nores_orthodont_reml", {"logLik", "fixef", "varcomp"}),
        ("spatial_exp_gls_sim_ml", {"logLik", "fixef", "se", "varcomp"}),
    ],
)
def test_structured_fits_are_compared_in_every_kind_of_number(name, kinds):
    row = structured_agreement(name, STRUCTURED[name], FOLDER)
    assert {key.removeprefix("error_") for key in row if key.startswith("error_")} == kinds
    assert structured_table(pd.DataFrame([row])).data["verdict"].item() == "agrees"


def test_a_wrong_structure_is_found():
    reference = dict(STRUCTURED["nlme_gls_ar1_orthodont_ml"])
    reference["structure"] = {"Phi": reference["structure"]["Phi"] + 0.01}
    row = structured_agreement("nlme_gls_ar1_orthodont_ml", reference, FOLDER)
    table = structured_table(pd.DataFrame([row]))
    assert table.data["verdict"].item() == "1 beyond tolerance"


@pytest.mark.parametrize("name", ["lmer_sleepstudy_indep_ml", "lmer_machines_reml"])
def test_optima_of_several_terms_are_compared(name):
    row = optimum_row(name, LINEAR[name], fit_reference(LINEAR[name])[0])
    assert row["modes"] < 1e-6
    assert row["ours"] < 1e-3


def test_the_gradient_tells_whose_optimum_it_is():
    name = "lmer_orthodont_ml"
    reference = LINEAR[name]
    model, _ = fit_reference(reference)
    row = optimum_row(name, reference, model)
    assert row["ours"] < 0.2 * row["theirs"]
    assert row["modes"] < 1e-8
    moved = {**reference, "theta": {k: v + 1e-3 for k, v in reference["theta"].items()}}
    further = optimum_row(name, moved, model)
    assert further["theirs"] > 100 * row["theirs"]
    assert further["gain"] > row["gain"]
    assert further["modes"] > 1e-5
    cells = optimum_table(pd.DataFrame([{**row, "error_ranef": 2e-5}])).rows[0]
    assert [cell.value for cell in cells[:2]] == [name, "2e-05"]


def test_the_printed_weight_is_that_of_sums():
    n, levels, rng = 60, {"g": 12}, np.random.default_rng(0)
    nll, kl = rng.normal(size=n), rng.normal(size=levels["g"])
    printed = nll.sum() + (levels["g"] / n) * kl.sum()
    assert n * (nll.mean() + printed_weight(levels, n)["g"] * kl.mean()) == pytest.approx(printed)


def test_the_claim_is_measured_and_counted():
    readings = ["bound, learned prior, joint posterior"]
    with pytest.MonkeyPatch.context() as patch:
        for name in set(READINGS) - set(readings):
            patch.delitem(READINGS, name)
        patch.setitem(BOUND, "epochs", 400)
        rows = pd.DataFrame(list(claim_rows({"Dyestuff": DESIGNS["Dyestuff"]})))
    assert rows["ML_sd"].item() < 1e-3
    assert rows["ML_blups"].item() < 1e-3
    # Dyestuff has six batches: REML's deviation is larger than ML's by a tenth and more.
    assert rows["REML_sd"].item() > 0.05
    table = claim_table(rows)
    assert "recovered of 1 designs, REML: β (in SE) in 1, sd in 0" in table.notes[0]
    assert [cell.bold for cell in table.rows[0][2:]][-3:] == [True, True, True]


def test_statsmodels_has_the_same_numbers():
    table = statsmodels_table(pd.DataFrame(statsmodels_rows(n_groups=40)))
    assert table.data.query("converged")["error"].max() < 1e-3
    assert not any(cell.bold for row in table.rows for cell in row)
