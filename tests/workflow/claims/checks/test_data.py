"""Sentences on the datasets."""

from dataclasses import replace

import numpy as np

from tabmixbench.claims.claim import Claim
from tabmixbench.claims.verdict import verdict
from tests.workflow.claims.look import look


def test_where_data_come_from_is_what_their_help_page_says(evidence):
    youth, income = "National Longitudinal Survey", "Panel Study of Income Dynamics"
    found = look(evidence, "documented", words={"Wages": youth})
    assert found.holds is False
    assert found.note.endswith("taken from the Panel Study of Income Dynamics (PSID)")
    assert look(evidence, "documented", words={"Wages": income}).holds is True
    assert look(evidence, "documented", words={"PBMC": youth}).holds is False


def test_what_is_measured_is_said_with_the_title_of_the_help_page(evidence):
    found = look(evidence, "measures", targets={"Train": "attitude"})
    assert found.holds is False
    assert found.note == (
        "the outcome of Train is choice (its help page: Stated Preferences for Train Traveling)"
    )
    assert look(evidence, "measures", targets={"PBMC": "pbmc_count"}).holds is True


def test_sex_is_no_physical_measurement(evidence):
    found = look(evidence, "numeric_features", 8, "count", dataset="Abalone")
    assert (found.value, found.note) == (7, "and sex")


def test_the_size_of_simulated_data_says_nothing(evidence, write):
    write("tables/table1.csv", dataset=["PBMC", "sleepstudy"], n=[1200, 180], note=[np.nan] * 2)
    found = look(evidence, "dataset_size", 1200, "count", dataset="PBMC", field="n")
    assert found.given
    claim = Claim("x", "5", "x", "count", "dataset_size", {}, 1200)
    assert verdict(claim, found) == "cannot be tested"
    assert verdict(claim, replace(found, value=7.0)) == "not reproduced"
    assert not look(evidence, "dataset_size", 180, "count", dataset="sleepstudy", field="n").given
