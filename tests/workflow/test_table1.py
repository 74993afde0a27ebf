"""Table 1: our sizes beside the paper's, with the differences named."""

from pathlib import Path

import pytest

from tabmixbench.files import write_parquet
from tabmixbench.prepare import prepare
from tabmixbench.registry import load_registry
from tabmixbench.sources import fetch
from tabmixbench.table1 import table1

REGISTRY = load_registry(Path(__file__).resolve().parents[2] / "config" / "datasets.yaml")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Table 1 of every dataset that the paper's lists, and of two that it does not."""
    folder = tmp_path_factory.mktemp("data")
    chosen = {
        name: dataset
        for name, dataset in REGISTRY.items()
        if dataset.paper or name in ("egsingle", "HMDA")
    }
    for name, dataset in chosen.items():
        fetch(dataset, folder / "raw.parquet")
        write_parquet(prepare(folder / "raw.parquet", dataset, 1), folder / f"{name}.parquet")
    return table1(chosen, folder).set_index("dataset")


@pytest.mark.parametrize("name", ["sleepstudy", "PBMC", "Orthodont", "Abalone", "Hospital"])
def test_sizes_are_the_papers(table, name):
    row = table.loc[name]
    assert (row["n"], row["p"], row["G"]) == (row["paper_n"], row["paper_p"], row["paper_G"])
    assert row["differs"] == ""


@pytest.mark.parametrize(
    ("name", "differs"), [("Wages", "p"), ("Males", "n, p, G"), ("Aids2", "p, G")]
)
def test_differences_are_marked(table, name, differs):
    assert table.loc[name, "differs"] == differs


def test_a_dataset_outside_the_papers_table_has_no_paper_numbers(table):
    row = table.loc["egsingle"]
    assert row[["paper_n", "paper_p", "paper_G"]].isna().all()
    assert row["differs"] == ""
    assert (row["n"], row["G"]) == (7230, 60)
    assert row["groups"] == "schoolid 60, childid 1721"


def test_a_dataset_without_groups_has_no_g(table):
    assert table.loc["HMDA", "G"] is not None
    assert table["G"].isna().loc["HMDA"]
    assert table.loc["HMDA", "groups"] == ""


def test_a_dataset_that_was_not_prepared_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="'Milk' has not been prepared"):
        table1({"Milk": REGISTRY["Milk"]}, tmp_path)
