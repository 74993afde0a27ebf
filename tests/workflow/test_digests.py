"""A changed source reruns what depends on it: no rule's digest lacks a file."""

import importlib.util
import sys
from types import SimpleNamespace

import pytest
import yaml

from tabmixbench import plan
from tabmixbench.digest import digest_function, digest_made, digest_sources
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
    monkeypatch.setattr(plan, "digest_sources", lambda paths: "".join(f"{p}\n" for p in paths))
    monkeypatch.setattr(
        plan, "digest_function", lambda function: f"workflow/{module_path(function)}\n"
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
    assert not missing, f"add them to PLAN.digest(...) of the rule in workflow/rules: {missing}"


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


def test_a_change_counts_wherever_it_is_in_a_source(tmp_path):
    source = tmp_path / "a.py"
    digests = set()
    for text in ("x = 1\n", "x = 2\n"):
        source.write_text(text)
        digests.add(digest_sources([source]))
    assert len(digests) == 2


def test_what_other_targets_make_counts_where_they_have_made_it(tmp_path):
    made, never = tmp_path / "made.csv", tmp_path / "never.csv"
    made.write_text("a")
    before = digest_made([made, never])
    assert list(before) == [made.as_posix()]
    made.write_text("b")
    assert digest_made([made, never]) != before


RECIPES = """
SHIFT = 1

def own(frame):
    return helper(frame) + SHIFT

def helper(frame):
    return frame * 2

def neighbour(frame):
    return frame
"""


KINDS = """
class Base:
    def read(self):
        return self.payload() + helper()

def helper():
    return 1

class Own(Base):
    def payload(self):
        return 2

class Neighbour(Base):
    def payload(self):
        return 3
"""


@pytest.fixture
def digest_with(tmp_path):
    """A function that digests an object of a module, of which a part is written otherwise."""

    def digest(text, name, old="", new=""):
        path = tmp_path / f"module_{len(list(tmp_path.iterdir()))}.py"
        path.write_text(text.replace(old, new))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        # Where classes look for their source.
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        return digest_function(getattr(module, name))

    yield digest
    for path in tmp_path.iterdir():
        sys.modules.pop(path.stem, None)


def test_a_recipe_depends_on_itself_and_its_helpers_and_not_on_its_neighbours(digest_with):
    before = digest_with(RECIPES, "own")
    assert digest_with(RECIPES, "own", "return frame\n", "return 2 * frame\n") == before
    for change in (("+ SHIFT", "- SHIFT"), ("frame * 2", "frame * 3"), ("SHIFT = 1", "SHIFT = 2")):
        assert digest_with(RECIPES, "own", *change) != before


def test_a_kind_of_source_depends_on_its_bases_and_not_on_its_neighbours(digest_with):
    before = digest_with(KINDS, "Own")
    assert digest_with(KINDS, "Own", "return 3", "return 4") == before
    for line in ("return 2", "payload() + helper()", "return 1"):
        assert digest_with(KINDS, "Own", line, f"{line} + 1") != before


def test_a_dataset_is_fetched_anew_for_its_own_source_and_generator(monkeypatch):
    monkeypatch.chdir(ROOT)
    with (ROOT / "config/config.yaml").open() as file:
        found = plan.Plan.from_config(yaml.safe_load(file))
    one, same, *others = map(found.fetch_digest, ("sleepstudy", "Milk", "PBMC", "Hospital"))
    assert one == same
    assert len({one, *others}) == 3
