"""What a configuration asks for."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tabmixbench.configuration import read_plan
from tabmixbench.plan import PlanError
from tabmixbench.selection import Selection
from tests.workflow.snakefile import rules

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def chosen(config):
    return Selection(read_plan(config, ROOT))


def test_the_papers_suites_are_whole(chosen):
    sizes = dict.fromkeys(chosen.plan.suites, 0)
    for suite, _ in chosen.suite_datasets:
        if suite in sizes:
            sizes[suite] += 1
    assert sizes["regression"] == 19
    assert sizes["classification"] == 15


def test_every_core_model_meets_every_dataset(chosen):
    core = [
        name for name in chosen.plan.chosen_models if "core" in chosen.plan.models[name].targets
    ]
    assert chosen.models_of("regression", "sleepstudy") == core
    assert chosen.models_of("classification", "HMDA") == core


def test_table6_has_models_of_its_own(chosen):
    own = chosen.models_of("table6", "Abalone")
    assert set(own) == {"tabmixnn_table6", "xgboost_table6", "lightgbm_table6"}
    assert not set(own) & set(chosen.models_of("regression", "Abalone"))


def test_a_listed_dataset_outside_the_suites_is_refused(config):
    chosen = Selection(read_plan(config | {"datasets": ["sleepstudy", "Guns"]}, ROOT))
    with pytest.raises(PlanError, match=r"Guns, which `datasets` lists, .* own, confirmation"):
        chosen.dataset_tables()
    added = {"suites": [*config["suites"], "confirmation"]}
    chosen = Selection(read_plan(config | {"datasets": ["sleepstudy", "Guns"]} | added, ROOT))
    assert "results/confirmation/Guns.csv" in chosen.dataset_tables()


def test_a_run_shared_by_suites_is_made_once(chosen):
    assert len(chosen.records()) == len(set(chosen.records()))
    ablations = set(chosen.ablation_records())
    assert {path for _, path in chosen.members()} - ablations == set(chosen.records())


def test_an_ablation_study_is_run_where_its_target_and_dataset_are_asked_for(config):
    chosen = {
        (tuple(targets), tuple(datasets)): read_plan(
            config | {"targets": targets, "datasets": datasets}, ROOT
        ).chosen_studies
        for targets in (["core"], ["core", "table5", "table7"])
        for datasets in (["sleepstudy"], ["Abalone", "sleepstudy"])
    }
    assert list(chosen.values()) == [(), (), ("table7",), ("table5", "table7")]


def test_every_ablation_is_among_the_members(chosen):
    suites = {suite for suite, path in chosen.members() if path in chosen.ablation_records()}
    assert suites == set(chosen.plan.chosen_studies) >= {"table5", "table7"}


def test_a_suite_has_the_datasets_asked_for_or_says_that_there_are_none(config):
    some = Selection(read_plan(config | {"datasets": ["Milk", "sleepstudy", "cbpp"]}, ROOT))
    assert some.some_of("regression") == ["sleepstudy", "Milk"]
    none = Selection(read_plan(config | {"datasets": ["cbpp"]}, ROOT))
    with pytest.raises(PlanError, match="no dataset of suite 'regression' is asked for"):
        none.some_of("regression")


def test_intervals_and_batches_are_of_the_datasets_asked_for():
    asked = {"datasets": ["sleepstudy", "cbpp"]}
    with rules(asked) as found:
        for name, made in {"coverage": "coverage", "block_batches": "benchmarks/batches"}.items():
            (files,) = found[name].input
            assert files(SimpleNamespace()) == [f"results/{made}/sleepstudy.csv"]


def test_a_dataset_outside_the_suite_is_answered_with_its_own(chosen):
    with pytest.raises(PlanError, match="sleepstudy is not in suite 'classification' but in: reg"):
        chosen.records_of("classification", "sleepstudy")
