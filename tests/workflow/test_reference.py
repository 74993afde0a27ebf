"""A run becomes the reference, but for what it did not make."""

from pathlib import Path

import pytest

from tabmixbench.claims import Evidence, claims_table, judge, load_claims
from tabmixbench.reference import NEEDED, NoRunError, take_over
from tabmixbench.tables import Results

ROOT = Path(__file__).resolve().parents[2]


def write(folder, text, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "results"
    write(folder, "new", *NEEDED, "tables/table3.md", "again/metrics.csv", "README.md")
    old = ("metrics.csv", "tables/table3.md", "tables/coverage.md", "leaderboard/again_metrics.csv")
    write(folder / "reference", "old", *old, "README.md")
    return folder


def test_what_the_run_made_is_replaced_and_nothing_else(run):
    replaced, kept = take_over(run, run / "reference")
    assert replaced == ["leaderboard/again_metrics.csv", "metrics.csv", "tables/table3.md"]
    assert kept == ["README.md", "tables/coverage.md"]
    for names, text in ((replaced, "new"), (kept, "old")):
        assert {(run / "reference" / name).read_text() for name in names} == {text}


def test_without_a_run_nothing_is_touched(run):
    (run / "report.html").unlink()
    with pytest.raises(NoRunError, match=r"has no report\.html: run `make reproduce` first"):
        take_over(run, run / "reference")
    assert (run / "reference/metrics.csv").read_text() == "old"


def test_its_claims_are_what_its_scores_say():
    """No verdict is typed: those that are committed come from the committed numbers."""
    folder = ROOT / "results/reference"
    results = Results.read(folder / "metrics.csv", folder / "reasons.csv", ROOT / "config")
    claims = load_claims(
        ROOT / "config/claims.yaml", results.paper, results.models, results.registry
    )
    found = claims_table(judge(claims, Evidence(results, folder)))
    assert found.markdown() == (folder / "claims.md").read_text(encoding="utf-8")
