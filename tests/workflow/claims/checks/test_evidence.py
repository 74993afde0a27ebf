"""Sentences tested by small fits."""

from tabmixbench.claims.claim import Claim
from tabmixbench.claims.evidence import Evidence
from tabmixbench.claims.verdict import undecided, verdict
from tests.workflow.claims.look import look


def test_what_the_paper_says_its_objective_recovers(evidence, write):
    errors = {f"{label}_{kind}": [0.1, 0.3, 0.002] for label in ("REML", "ML") for kind in "ab"}
    errors["REML_b"] = [0.1, 0.4, 0.002]
    write("validation/claim.csv", design=["s", "t", "s"], reading=["x", "x", "y"], **errors)
    found = look(evidence, "recovers", kinds=["a", "b"], reading="x", tolerance=0.3)
    assert not found.holds
    assert found.value == 0.4
    assert "y: 0.002 from REML" in found.note
    assert look(evidence, "recovers", kinds=["a"], reading="x", tolerance=0.3).holds


def test_learned_graphs_are_judged_by_how_many_are_in_the_range(evidence, write):
    def found(densities):
        trainings = [("a", h) for h in densities for _ in densities[h]]
        write(
            "trials/edges.csv",
            training=[t for t, _ in trainings],
            threshold=[h for _, h in trainings],
            percent=[percent for each in densities.values() for percent in each],
        )
        again = Evidence(evidence.results, evidence.folder)
        return look(again, "edge_density", (10, 30), training="a", threshold=0.01)

    claim = Claim("x", "5", "x", "statement", "edge_density", {}, (10, 30))
    most = found({0.01: [12, 20, 35], 0.1: [0, 0, 0]})
    assert verdict(claim, most) == "reproduced"
    none = found({0.001: [8, 6, 5], 0.01: [3, 9, 1], 0.1: [0, 0, 0]})
    assert verdict(claim, none) == "not reproduced"
    assert "0 of 3 graphs are in the range" in none.note
    # At 0.001 too many, at 0.01 too few: one between them would do, and none is named.
    between = found({0.001: [60, 50, 52], 0.01: [3, 9, 1], 0.1: [0, 0, 0]})
    assert verdict(claim, between) == "cannot be tested"
    assert undecided(claim, between).startswith("undecided: open in the paper: from which size")
    assert "above 0.001: 54%, 0 of them" in between.note


def test_a_network_without_variational_effects_is_not_recorded(claims, evidence, write):
    """The mixed model is none, as its predictions have the effects' posterior; coverage is said."""
    (uncertainty,) = (claim for claim in claims if claim.id == "uncertainty")
    found = look(evidence, uncertainty.check, **uncertainty.settings)
    assert verdict(uncertainty, found) == "cannot be tested"
    assert undecided(uncertainty, found) == ""
    write(
        "tables/coverage.csv",
        model=["network"] * 4, protocol=["rows", "groups"] * 2, level=[0.9] * 4,
        method=["default"] * 2 + ["recipe"] * 2, coverage=[0.9, 0.86, 0.46, 0.0],
    )  # fmt: skip
    again = Evidence(evidence.results, evidence.folder)  # the first knows that there was no file
    found = look(again, uncertainty.check, **uncertainty.settings)
    assert verdict(uncertainty, found) == "cannot be tested"
    assert "the network's own 90% intervals cover 90%, for new groups 86%" in found.note
    assert "variational effects alone, cover 46%, for new groups 0%" in found.note
