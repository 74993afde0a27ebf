"""The README's Python runs as printed; its commands and paths, and the benchmark page's, exist."""

import re
from pathlib import Path

import pytest
from executed import run_blocks

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()
BENCHMARK = (ROOT / "docs/benchmark.md").read_text()
MAKE = (ROOT / "Makefile").read_text()


def test_python_blocks_run_one_after_the_other():
    rmse, summary = "".join(ran.printed for ran in run_blocks(README, "README.md")).split("\n", 1)
    assert float(rmse) == pytest.approx(25.3, abs=0.1)
    assert "Terms beyond the formula" in summary
    assert "Days          10.467      1.546 17.000   6.771" in summary


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z-]+):", MAKE, re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", README + BENCHMARK, re.M))
    assert {"reproduce", "test"} <= named <= targets


def test_files_it_links_to_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_targets_it_names_are_ones_snakemake_makes(monkeypatch):
    import yaml

    from tabmixbench.configuration import read_plan
    from tabmixbench.selection import Selection

    monkeypatch.chdir(ROOT)
    chosen = Selection(read_plan(yaml.safe_load((ROOT / "config/config.yaml").read_text())))
    text = README + BENCHMARK
    named = re.findall(r"results/runs/(\w+)/(\w+)\.json", text)
    assert named
    for dataset, model in named:
        assert f"results/runs/{dataset}/{model}.json" in chosen.records()
    for suite, dataset in re.findall(r"results/(regression|classification)/(\w+)\.csv", text):
        assert chosen.models_of(suite, dataset)
