"""Times of fits and predictions."""

import numpy as np
import pytest

from tabmixbench.claims.claim import Claim
from tabmixbench.claims.evidence import Evidence
from tabmixbench.claims.verdict import undecided, verdict
from tests.workflow.claims.look import look


def test_a_share_of_a_fit_of_all_splits_is_not_the_time_of_one(evidence):
    # Three splits of 2 to 4 seconds, fitted as one in 9: one alone takes 3 to 9.
    timed = {"dataset": "sleepstudy"}
    alone = "results/benchmarks/speed.md"
    assert look(evidence, "training_seconds", (2, 3), **timed).missing == alone
    assert look(evidence, "training_seconds", (2, 9), **timed).value == 9.0
    assert look(evidence, "training_seconds", (1, 2), **timed).value == 3.0


def test_a_fit_that_was_timed_alone_decides(evidence, write):
    write("benchmarks/speed.csv", what=["import", "sleepstudy: one fit"], seconds=[np.nan, 2.5])
    assert look(evidence, "training_seconds", (2, 3), dataset="sleepstudy").value == 2.5


def test_ratios_are_of_fits_that_took_turns_and_of_nothing_else(evidence, write):
    """Seconds of the scores and of the validation are of other runs, and by another clock."""
    beside = {"trees": {"what": "one fit"}, "lmer": {"what": "beside lmer"}}
    checks = {"trees": "comparable_training", "lmer": "lme4_faster"}
    write("validation/timing.csv", fit=["a"], lmer=[1000.0])
    for name, check in checks.items():
        settings = beside[name] | ({"factor": 2} if name == "trees" else {})
        assert look(evidence, check, **settings).missing == "results/benchmarks/speed.md"
    write("benchmarks/speed.csv", what=["one fit", "beside lmer"], value=[1.9, 1.4], reason="")
    again = Evidence(evidence.results, evidence.folder)
    assert look(again, "comparable_training", factor=2, **beside["trees"]).holds is True
    assert look(again, "comparable_training", factor=1.5, **beside["trees"]).holds is False
    found = look(again, "lme4_faster", **beside["lmer"])
    assert (found.holds, found.value) == (True, 1.4)
    assert "1.4 times as long as lmer; fits that took turns" in found.note


def test_lmer_that_cannot_be_timed_is_said(evidence, write):
    reason = "there is no Rscript on this machine"
    write("benchmarks/speed.csv", what=["a"], value=[np.nan], reason=[reason])
    found = look(evidence, "lme4_faster", what="a")
    claim = Claim("x", "5", "x", "statement", "lme4_faster", {})
    assert verdict(claim, found) == "cannot be tested"
    assert (undecided(claim, found), found.note) == ("", f"not timed in turns: {reason}")


def test_times_are_medians(evidence, write):
    write("tables/table1.csv", dataset=["sleepstudy"], n=[180])
    found = look(evidence, "inference_ms", (None, 1), dataset="sleepstudy")
    assert found.value == pytest.approx(1000 * 0.018 / 36)
