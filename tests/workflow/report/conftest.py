"""The report of the committed reference run."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from tabmixbench.claims import Evidence, claims_table, judge, load_claims
from tabmixbench.report import Contents, figures_of, render
from tabmixbench.tables import BUILDERS, Results
from tabmixbench.tables.read import tables_of

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = ROOT / "results/reference"


@pytest.fixture(scope="session")
def contents():
    results = Results.read(REFERENCE / "metrics.csv", REFERENCE / "reasons.csv", ROOT / "config")
    claims = load_claims(
        ROOT / "config/claims.yaml", results.paper, results.models, results.registry
    )
    tables = REFERENCE / "tables"
    # A table that is new is not in the reference run yet.
    made = [tables / f"{name}.md" for name in ("table1", *BUILDERS)]
    return Contents(
        results=results,
        tables=tables_of(path for path in made if path.exists()),
        leaderboards=[],
        validation=tables_of([REFERENCE / "validation.md", tables / "baselines.md"]),
        claims=claims_table(judge(claims, Evidence(results, REFERENCE))),
        timings=tables_of([tables / "timings.md"]),
        timing=pd.read_csv(REFERENCE / "validation/timing.csv"),
        figures=figures_of([REFERENCE / "figures/improvement.svg"], ROOT / "workflow/report"),
        speed=tables_of(REFERENCE / f"benchmarks/{page}.md" for page in ("speed", "growth")),
        speed_figures=figures_of([REFERENCE / "benchmarks/growth.svg"], ROOT / "workflow/report"),
        citation=yaml.safe_load((ROOT / "CITATION.cff").read_text()),
    )


@pytest.fixture(scope="session")
def page(contents, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(contents), encoding="utf-8")
    return path
