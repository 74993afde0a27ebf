"""The reference numbers made again: jobs for all of them, and differences that are found."""

from pathlib import Path

import pandas as pd
import pytest

from tabmixbench.validation.reference import read_references
from tabmixbench.validation.remake import jobs, remade_table, row

FOLDER = Path(__file__).resolve().parents[2] / "data/reference"


def test_every_fit_of_an_r_package_has_its_job(tmp_path):
    names = {job["name"] for job in jobs(FOLDER, tmp_path)}
    expected = {
        name
        for file in ("lmer.json", "glmm.json")
        for name in read_references(FOLDER / file)
        if "insteval" not in name
    }
    structured = read_references(FOLDER / "structured.json")
    expected |= {name for name in structured if "_gls_" in name or "_lme_" in name}
    assert names == expected
    script = (FOLDER / "make_reference.R").read_text()
    for job in jobs(FOLDER, tmp_path):
        assert Path(job["csv"]).exists()
        assert f"fit_{job['fitter']} <- function" in script
        if "model" in job:
            assert f"{job['model']} = function" in script


def test_a_number_that_changed_is_seen_and_what_was_left_out_has_its_reason():
    name = "lmer_dyestuff_reml"
    reference = read_references(FOLDER / "lmer.json")[name]
    again = {**reference, "package": "lme4 0", "logLik": reference["logLik"] + 0.5}
    found = row(name, reference, again)
    assert found["logLik"] == pytest.approx(0.5)
    assert found["fixef"] == 0.0
    skipped = row("other", reference, {"skipped": "R lacks the package glmmTMB"})
    table = remade_table(pd.DataFrame([found, skipped]))
    assert table.rows[1][1].value == "R lacks the package glmmTMB"
    assert table.notes[0].startswith("1 of 2 fits made again; largest difference of a log-")
