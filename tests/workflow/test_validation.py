"""The validation page: it measures what it says, and it can fail."""

from pathlib import Path

import pandas as pd
import pytest

from tabmixbench.validation.agreement import Quantity, agreement, quantities
from tabmixbench.validation.page import agreement_table, timing_table
from tabmixbench.validation.reference import read_references
from tabmixbench.validation.timing import timed_fits

FOLDER = Path(__file__).resolve().parents[2] / "data/reference"
LINEAR = read_references(FOLDER / "lmer.json")
GENERALISED = read_references(FOLDER / "glmm.json")


@pytest.mark.parametrize(
    ("references", "name"),
    [(LINEAR, "lmer_sleepstudy_indep_ml"), (GENERALISED, "glmer_cbpp_agq25")],
)
def test_a_fit_is_compared_in_every_kind_of_number(references, name):
    row = agreement(name, references[name])
    assert {"error_logLik", "error_fixef", "error_se", "error_varcomp", "error_ranef"} <= set(row)
    assert agreement_table(pd.DataFrame([row])).data["verdict"].item() == "agrees"


def test_a_wrong_number_is_found():
    reference = dict(LINEAR["lmer_dyestuff_reml"])
    reference["sigma"] = reference["sigma"] * 1.001
    reference["varcomp"] = [
        [group, term1, term2, vcov, sdcor * 1.001]
        for group, term1, term2, vcov, sdcor in reference["varcomp"]
    ]
    row = agreement("wrong", reference)
    assert row["error_varcomp"] == pytest.approx(0.001, rel=0.01)
    table = agreement_table(pd.DataFrame([row]))
    assert table.data["verdict"].item() == "1 beyond tolerance"
    assert [cell.value for cell in table.rows[0] if cell.bold] == ["1e-03"]


def test_errors_are_relative_but_for_what_is_zero():
    assert Quantity("fixef", "x", 2.02, 2.0, 2.0).error == pytest.approx(0.01)
    assert Quantity("fixef", "x", 1e-9, 0.0, 0.0).error == 0.0
    assert Quantity("ranef", "g a x", 0.011, 0.010, 1.0).error == pytest.approx(0.001)


def test_every_number_of_the_reference_is_used():
    from tabmixbench.validation.agreement import fit_reference

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
