"""The file that is larger than memory: its rows are what they should be, and so are the fits."""

import json

import pandas as pd
import pytest

from tabmixbench.benchmarks import streamed
from tabmixbench.benchmarks.process import in_new_process
from tabmixbench.benchmarks.requirement import REQUIREMENTS


def test_rows_of_many_groups_are_written_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(streamed, "ROW_GROUP", 6000)
    streamed.write_rows(tmp_path / "rows.parquet", 20_000)
    data = pd.read_parquet(tmp_path / "rows.parquet")
    assert len(data) == 20_000
    assert 1990 <= data["g"].nunique() <= 2000
    assert data["region"].nunique() == 2
    assert data.groupby("g")["region"].nunique().max() == 1
    assert data["y"].var() == pytest.approx(0.25 + 1 + 1 + 0.25 * 0.25, rel=0.2)


def test_the_fit_recovers_the_truth_and_memory_is_that_of_its_process(tmp_path):
    path = tmp_path / "rows.parquet"
    streamed.write_rows(path, 20_000)
    found = in_new_process(streamed.FIT, path)
    assert found["slope"] == pytest.approx(0.5, abs=0.03)
    assert found["sigma"] == pytest.approx(1.0, abs=0.03)
    rows = streamed.measure({"streamed": 20_000}, path)
    assert [row["what"].partition(": ")[2] for row in rows] == [
        "exact fit",
        "memory of exact fit",
        "an epoch",
        "memory of an epoch",
    ]
    assert all(0 < row["value"] < 10 for row in rows)
    assert json.loads(json.dumps(rows)) == rows


def test_the_requirement_is_about_the_size_that_is_measured(monkeypatch):
    monkeypatch.setattr(
        streamed,
        "in_new_process",
        lambda code, path: dict.fromkeys(("seconds", "elapsed", "peak"), 1.0),
    )
    measured = {row["what"] for row in streamed.measure({"streamed": 50_000_000})}
    assert {what for what in REQUIREMENTS if "Parquet" in what} <= measured
