"""A changed source reruns what depends on it: no rule's digest lacks a file."""

import shutil
from types import SimpleNamespace

import pytest
import yaml

from tabmixbench import digests
from tabmixbench.configuration import read_plan
from tabmixbench.digests import Digests
from tabmixbench.plan import PlanError
from tabmixbench.simulations import STUDIES
from tests.workflow.snakefile import rules
from tests.workflow.sources import PACKAGE, ROOT, closure, listed

#: Where a digest depends on what is asked for: names that depend on as much as any.
WILDCARDS = SimpleNamespace(dataset="PBMC", model="tabmixnn_auto", study="curve", suite="beyond")

#: Adapters that GPBoost's file imports, and itself.
OF_GPBOOST = ("gpboost", "thresholds", "tree_settings", "inner", "features", "deadline")

#: How a script reads config/datasets.yaml or config/models.yaml, and parameters with what is there.
READERS = ("load_registry(", "load_models(", "Results.read(")
ENTRIES = {"entry", "spec", "registries"}

#: How a simulation is shown, which is the rule's that renders it.
SHOWN = {"simulations/shown.py", "tables/table.py"}

#: What a rule's script imports and its output does not depend on, and why.
LEFT_OUT = {
    # Studies, each of which has a digest of its own (see below), and how they are shown.
    "simulate": {f"simulations/{name}.py" for name in ("__init__", *STUDIES)} | SHOWN,
    # Of tables that other rules render.
    "compare_batches": {"tables/table.py", "statistics.py"},
    "coverage_set": {"tables/table.py"},
    # Of pages, which are no measurements; what is measured is the adapters' that are timed.
    "measure": {"tables/table.py", "statistics.py", "figures/style.py", "validation/reference.py"}
    | {f"adapters/{name}.py" for name in OF_GPBOOST},
    # A size from which on another adapter's package computes otherwise.
    "exact_fits": {f"adapters/{name}.py" for name in OF_GPBOOST},
    # How a measurement of the rows is judged.
    "streamed_rows": {"benchmarks/process.py", "benchmarks/requirement.py"},
}


def texts(params, wildcards=WILDCARDS):
    """What the digests of a rule list."""
    digests = (params.get(name) for name in ("sources", "generator"))
    return "".join(d(wildcards) if callable(d) else d for d in digests if d is not None)


@pytest.fixture
def listing(monkeypatch):
    """Let every digest be the list of its files."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(digests, "digest_sources", lambda paths: "".join(f"{p}\n" for p in paths))
    monkeypatch.setattr(
        digests, "digest_function", lambda function: f"workflow/{module_path(function)}\n"
    )


def module_path(function):
    return function.__module__.replace(".", "/") + ".py"


@pytest.mark.usefixtures("listing")
def test_the_digest_of_every_rule_lists_what_its_script_imports():
    missing = {}
    with rules() as found:
        for name, rule in found.items():
            if rule.script:
                needed = closure(ROOT / "workflow/rules" / rule.script) - LEFT_OUT.get(name, set())
                missing[name] = sorted(needed - listed(texts(rule.params).splitlines()))
    missing = {name: files for name, files in missing.items() if files}
    assert not missing, f"add them to DIGESTS.of(...) of the rule in workflow/rules: {missing}"


def test_what_a_script_reads_of_the_registries_is_a_parameter_of_its_rule():
    missing = []
    with rules() as found:
        for name, rule in found.items():
            script = (ROOT / "workflow/rules" / rule.script).read_text() if rule.script else ""
            if any(reads in script for reads in READERS) and not ENTRIES & set(rule.params.keys()):
                missing.append(name)
    assert not missing, f"add `entry`, or `registries` where titles are shown, to params: {missing}"


@pytest.mark.usefixtures("listing")
@pytest.mark.parametrize("study", STUDIES)
def test_the_digest_of_a_simulation_lists_what_its_study_imports_and_no_other(study):
    own = f"simulations/{study}.py"
    with rules() as found:
        wildcards = SimpleNamespace(**vars(WILDCARDS) | {"study": study})
        text = texts(found["simulate"].params, wildcards)
    files = listed(text.splitlines())
    assert closure(PACKAGE / own) - SHOWN | {own} <= files
    assert not files & {f"simulations/{name}.py" for name in STUDIES if name != study}


def test_a_dataset_is_fetched_anew_for_its_own_source_and_generator(config, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = Digests(read_plan(config))
    one, same, *others = map(found.fetching, ("sleepstudy", "Milk", "PBMC", "Hospital"))
    assert one == same
    assert len({one, *others}) == 3


def test_only_models_that_depend_on_a_source_rerun_when_it_changes(config, tmp_path, monkeypatch):
    def found():
        plan = read_plan(config, ROOT)
        return {name: Digests(plan).model(name) for name in plan.chosen_models}

    for folder in ("tabmixnn", "workflow"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.chdir(tmp_path)
    before, models = found(), read_plan(config, ROOT).models
    trainer = next((tmp_path / "tabmixnn" / "training").glob("trainer.py"))
    trainer.write_text(trainer.read_text() + "\n# changed\n")
    changed = {name for name, digest in found().items() if digest != before[name]}
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
        plan = read_plan(config, checkout)
        one = plan.dataset(name) if file == "datasets" else plan.model(name)
        return one.entry(), Digests(plan).registries

    path = checkout / f"config/{file}.yaml"
    before, shown = decided()
    entries = yaml.safe_load(path.read_text())
    entries[name] |= change
    path.write_text(yaml.safe_dump(entries, sort_keys=False))
    after, shown_after = decided()
    assert (after != before) == reruns
    assert shown_after != shown


def test_digests_of_entries_stay_what_they_are(config):
    # What was published has them: a key that entries may have besides must not change them.
    assert Digests(read_plan(config, ROOT)).entry("sleepstudy") == "a5730f06eee17771"


def test_a_generator_that_does_not_exist_is_named(config, checkout):
    path = checkout / "config/datasets.yaml"
    path.write_text(path.read_text().replace("simulated:pbmc", "simulated:pbcm"))
    with pytest.raises(PlanError, match="dataset 'PBMC': unknown generator 'pbcm': did"):
        Digests(read_plan(config, checkout)).fetching("PBMC")


def test_an_ablation_reruns_when_the_formula_of_its_dataset_changes(config, checkout):
    def entry():
        return Digests(read_plan(config, checkout)).study_entry("table5", "single_task")

    before, path = entry(), checkout / "config/datasets.yaml"
    entries = yaml.safe_load(path.read_text())
    entries["Abalone"]["formula"] = "rings ~ length + (1 | sex)"
    path.write_text(yaml.safe_dump(entries, sort_keys=False))
    assert entry() != before
