"""What the targets of the Makefile leave behind."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")
def test_clean_removes_what_the_workflow_made_and_nothing_that_is_committed(tmp_path):
    committed = ("results/README.md", "results/reference/metrics.csv", "data/reference/glmm.json")
    made = ("results/metrics.csv", "results/tables/table1.md", "data/raw/Milk.parquet")
    for name in (*committed, *made):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    shutil.copy(ROOT / "Makefile", tmp_path)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert [name for name in committed if not (tmp_path / name).exists()] == []
    assert [name for name in made if (tmp_path / name).exists()] == []
