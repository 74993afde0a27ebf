"""The plan: what a configuration asks for, and what a wrong one is told."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tabmixbench.plan import Plan, PlanError
from tabmixbench.simulations import STUDIES

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


@pytest.fixture
def plan(config, monkeypatch):
    monkeypatch.chdir(ROOT)
    return Plan.from_config(config)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sede": 1}, "no key 'sede': did you mean 'seed'"),
        ({"datasets": ["slepstudy"]}, "unknown dataset 'slepstudy': did you mean 'sleepstudy'"),
        ({"models": ["xgbost"]}, "unknown model 'xgbost': did you mean 'xgboost'"),
        ({"suites": ["regresion"]}, "unknown suite 'regresion': did you mean 'regression'"),
        ({"targets": ["cor"]}, "unknown target 'cor': did you mean 'core'"),
        ({"datasets": "Milk"}, r"'datasets' must be all, or a list of names: write \[Milk\]\.$"),
        ({"models": []}, r"'models' must be all, or a list of names\.$"),
        ({"targets": "core"}, r"config\.yaml: 'targets' must be a list: write \[core\]\.$"),
        ({"seed": "many"}, "seed"),
        ({"splits": {"rows": 0, "groups": 5}}, "splits.rows"),
        ({"splits": {"row": 5, "groups": 5}}, "splits"),
    ],
)
def test_a_wrong_configuration_is_named(config, change, message):
    with pytest.raises(PlanError, match=message):
        Plan.from_config(config | change, ROOT)


MODEL = {"label": "Mine", "adapter": "linear", "targets": ["core"]}


@pytest.fixture
def checkout(tmp_path):
    """A folder with a copy of config/ alone."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"adapter": "linaer"}, "model 'mine': unknown adapter 'linaer': did you mean 'linear'"),
        ({"params": {"alfa": 1}}, "model 'mine'.* unknown parameter 'alfa'"),
        (
            {"adapter": "mlp", "params": {"hidden": [8], "training": {"lrr": 1}}},
            "model 'mine', adapter 'mlp', training: unknown keyword 'lrr': did you mean 'lr'",
        ),
        ({"adapter": "mlp"}, "model 'mine', adapter 'mlp': missing a required argument: 'hidden'"),
        ({"targets": ["cor"]}, "mine: unknown target 'cor': did you mean 'core'"),
        ({"only": ["slepstudy"]}, "mine: unknown dataset 'slepstudy': did you mean 'sleepstudy'"),
        ({"suites": ["regresion"]}, "mine: unknown suite 'regresion': did you mean 'regression'"),
    ],
)
def test_a_wrong_entry_of_a_model_is_named(config, checkout, entry, message):
    path = checkout / "config/models.yaml"
    text = path.read_text()
    path.write_text(text + "\n" + yaml.safe_dump({"mine": MODEL}))
    assert "mine" in Plan.from_config(config, checkout).models
    path.write_text(text + "\n" + yaml.safe_dump({"mine": MODEL | entry}))
    with pytest.raises(PlanError, match=message):
        Plan.from_config(config, checkout)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dataset: Abalone", "dataset: Abalon", "table5: unknown dataset 'Abalon'.*'Abalone'"),
        ("score: R2", "score: AURC", "table5: unknown score 'AURC': did you mean 'AUROC'"),
        ("Reaction ~ Days}", "Reaction ~ Day}", "none, formula: unknown column 'Day'.*'Days'"),
        ("Reaction ~ Days}", "Reaction ~ (Days}", "table7, random_effects/none, formula: "),
        ("keep: [lr]", "keep: [rl]", "learning_rate/lr_0.0001, keep: unknown keyword 'rl'"),
        ("dropout: 0.2}\n  tr", "dropuot: 0.2}\n  tr", "keyword of the estimator 'dropuot'.*'drop"),
    ],
)
def test_a_wrong_name_in_an_ablation_is_named(config, checkout, old, new, message):
    path = checkout / "config/ablations.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PlanError, match=message):
        Plan.from_config(config, checkout)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "claims",
            "models: [tabmixnn_paper]",
            "models: [tabmixnn_papr]",
            "did you mean 'tabmixnn_paper'",
        ),
        ("claims", "rival: xgboost_ids", "rival: xgboost_id", "rival: unknown model 'xgboost_id'"),
        ("claims", "check: wins", "chek: wins", "has no key 'chek': did you mean 'check'"),
        ("paper", "table3:", "tabel3:", "the file has no key 'tabel3': did you mean 'table3'"),
        (
            "paper",
            "rmse: 0.16,",
            "rsme: 0.16,",
            "'table3.Machines' has no key 'rsme': did you mean",
        ),
        ("paper", "rmse: 0.16,", "rmse: '0.16',", "'table3.Machines.rmse': '0.16' is not of type"),
        (
            "paper",
            "  Machines: {rm",
            "  Machnes: {rm",
            "unknown dataset 'Machnes': did you mean 'Machines'",
        ),
        ("paper", "inference_ms:", "inference_s:", "number of the paper 'text/inference_ms': did"),
        ("paper", "  very_deep:", "  verydeep:", "'text': 'very_deep' is a required property"),
    ],
)
def test_what_is_wrong_in_the_paper_or_a_claim_is_named(config, checkout, file, old, new, message):
    path = checkout / f"config/{file}.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PlanError, match=message):
        Plan.from_config(config, checkout)


@pytest.mark.parametrize(
    "name",
    ["models", "datasets", "ablations", "simulations", "benchmarks", "paper", "claims"],
)
def test_what_is_listed_twice_is_refused(config, checkout, name):
    path = checkout / f"config/{name}.yaml"
    first = next(iter(yaml.safe_load(path.read_text())))
    path.write_text(path.read_text() + f"\n{first}: {{}}\n")
    with pytest.raises(
        PlanError, match=rf"{name}\.yaml: key '{first}' appears a second time, line"
    ):
        Plan.from_config(config, checkout)


@pytest.mark.parametrize("study", STUDIES)
def test_a_misspelt_size_of_a_simulation_is_named(config, checkout, study):
    path = checkout / "config/simulations.yaml"
    sizes = yaml.safe_load(path.read_text())
    key = next(iter(sizes["small"][study]))
    sizes["small"][study][f"{key}z"] = sizes["small"][study].pop(key)
    path.write_text(yaml.safe_dump(sizes))
    with pytest.raises(
        PlanError, match=rf"'small\.{study}' has no key '{key}z': did you mean '{key}"
    ):
        Plan.from_config(config, checkout)


def test_the_papers_suites_are_whole(plan):
    sizes = dict.fromkeys(plan.suites, 0)
    for suite, _ in plan.suite_datasets():
        if suite in sizes:
            sizes[suite] += 1
    assert sizes["regression"] == 19
    assert sizes["classification"] == 15


def test_every_core_model_meets_every_dataset(plan):
    core = [name for name in plan.chosen_models if "core" in plan.models[name].targets]
    assert plan.models_of("regression", "sleepstudy") == core
    assert plan.models_of("classification", "HMDA") == core


def test_table6_has_models_of_its_own(plan):
    own = plan.models_of("table6", "Abalone")
    assert set(own) == {"tabmixnn_table6", "xgboost_table6", "lightgbm_table6"}
    assert not set(own) & set(plan.models_of("regression", "Abalone"))


def test_a_run_shared_by_suites_is_made_once(plan):
    assert len(plan.records()) == len(set(plan.records()))
    ablations = set(plan.ablation_records())
    assert {path for _, path in plan.members()} - ablations == set(plan.records())


def test_an_ablation_study_is_run_where_its_target_and_dataset_are_asked_for(config):
    chosen = {
        (tuple(targets), tuple(datasets)): Plan.from_config(
            config | {"targets": targets, "datasets": datasets}, ROOT
        ).chosen_studies
        for targets in (["core"], ["core", "table5", "table7"])
        for datasets in (["sleepstudy"], ["Abalone", "sleepstudy"])
    }
    assert list(chosen.values()) == [(), (), ("table7",), ("table5", "table7")]


def test_every_ablation_is_among_the_members(plan):
    suites = {suite for suite, path in plan.members() if path in plan.ablation_records()}
    assert suites == set(plan.chosen_studies) >= {"table5", "table7"}


def test_a_dataset_outside_the_suite_is_answered_with_its_own(plan):
    with pytest.raises(PlanError, match="sleepstudy is not in suite 'classification' but in: reg"):
        plan.records("classification", "sleepstudy")


def test_only_models_that_depend_on_a_source_rerun_when_it_changes(config, tmp_path, monkeypatch):
    def digests():
        plan = Plan.from_config(config, ROOT)
        return {name: plan.source_digest(name) for name in plan.chosen_models}

    for folder in ("tabmixnn", "workflow"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.chdir(tmp_path)
    before, models = digests(), Plan.from_config(config, ROOT).models
    trainer = next((tmp_path / "tabmixnn" / "training").glob("trainer.py"))
    trainer.write_text(trainer.read_text() + "\n# changed\n")
    changed = {name for name, digest in digests().items() if digest != before[name]}
    assert changed == {name for name in before if models[name].adapter == "tabmixnn"}


@pytest.mark.parametrize(
    ("file", "name", "change", "reruns"),
    [
        ("datasets", "sleepstudy", {"title": "Sleep", "note": "New.", "domain": "Sleep"}, False),
        ("datasets", "sleepstudy", {"suites": ["extra"], "paper": {"n": 1, "p": 1, "G": 1}}, False),
        ("datasets", "sleepstudy", {"formula": "Reaction ~ Days + (1 | Subject)"}, True),
        ("datasets", "Oxboys", {"numeric": [], "formula": "height ~ (1 | Subject)"}, True),
        ("models", "xgboost", {"label": "XGB", "note": "New.", "targets": ["peers"]}, False),
        ("models", "xgboost", {"params": {"ids": False, "booster": {}}}, True),
    ],
)
def test_fits_rerun_for_what_they_depend_on_and_pages_for_all(
    config, checkout, file, name, change, reruns
):
    def decided():
        plan = Plan.from_config(config, checkout)
        one = plan.dataset_entry(name) if file == "datasets" else plan.model_entry(name)
        return one, plan.registries

    path = checkout / f"config/{file}.yaml"
    before, shown = decided()
    entries = yaml.safe_load(path.read_text())
    entries[name] |= change
    path.write_text(yaml.safe_dump(entries, sort_keys=False))
    after, shown_after = decided()
    assert (after != before) == reruns
    assert shown_after != shown


def test_digests_of_entries_stay_what_they_are(plan):
    # What was published has them: a key that entries may have besides must not change them.
    assert plan.entry_digest("sleepstudy") == "a5730f06eee17771"


def test_a_generator_that_does_not_exist_is_named(config, checkout):
    path = checkout / "config/datasets.yaml"
    path.write_text(path.read_text().replace("simulated:pbmc", "simulated:pbcm"))
    with pytest.raises(PlanError, match="dataset 'PBMC': unknown generator 'pbcm': did"):
        Plan.from_config(config, checkout).fetch_digest("PBMC")


def test_an_ablation_reruns_when_the_formula_of_its_dataset_changes(config, checkout):
    def entry():
        return Plan.from_config(config, checkout).study_entry("table5", "single_task")

    before, path = entry(), checkout / "config/datasets.yaml"
    entries = yaml.safe_load(path.read_text())
    entries["Abalone"]["formula"] = "rings ~ length + (1 | sex)"
    path.write_text(yaml.safe_dump(entries, sort_keys=False))
    assert entry() != before


def test_a_reason_to_impute_or_to_drop_decides_no_number(plan):
    dataset = plan.registry["Gcsemv"]
    other = replace(
        dataset,
        dropped=dict.fromkeys(dataset.dropped, "another reason"),
        impute={name: replace(each, reason="another") for name, each in dataset.impute.items()},
        missing_target="another reason",
    )
    assert other.entry() == dataset.entry()
    assert replace(dataset, impute={}).entry() != dataset.entry()
