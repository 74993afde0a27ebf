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


def test_mean_ranks_are_those_of_the_reference():
    """The default's, and the one of the next model that is not of this library."""
    import pandas as pd

    cells = re.findall(r"\[([\d.]+)\]\((\S+)_ranking\.md\), (\w+) \**([\d.]+)", README)
    labels = {"ridge": "linear", "TabM": "tabm", "CatBoost": "catboost", "MLP": "mlp"}
    assert len(cells) == 14
    for default, board, name, other in cells:
        ranks = pd.read_csv(ROOT / f"{board}_ranking.csv").set_index("model")["mean_rank"]
        others = ranks[~ranks.index.str.startswith("tabmixnn_")]
        said = (f"{ranks['tabmixnn_auto']:.2f}", others.idxmin(), f"{others.min():.2f}")
        assert said == (default, labels[name], other), board


def test_counts_of_claims_are_those_of_the_reference():
    import pandas as pd

    verdicts = pd.read_csv(ROOT / "results/reference/claims.csv")["verdict"].value_counts()
    text = " ".join(README.split())
    said = re.search(r"Of its (\d+) numbers and sentences \[(\d+) reproduce\]", text)
    assert [int(count) for count in said.groups()] == [verdicts.sum(), verdicts["reproduced"]]
    for verdict, words in (
        ("not reproduced", "do not"),
        ("contradicts the paper's own table", "contradict the paper's own tables"),
    ):
        assert f"{verdicts[verdict]} {words}" in text


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
