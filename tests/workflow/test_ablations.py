"""Ablations: the configurations of the file, the job that fits them, the table."""

import re
import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from tabmixbench.ablations import AblationError, load_studies
from tabmixbench.ablations.run import RUNNERS, run_category
from tabmixbench.registry import load_registry
from tabmixbench.schema import SchemaError
from tabmixbench.tables.ablations import build
from tabmixbench.tables.epochs import best_epochs, listed

CONFIG = Path(__file__).resolve().parents[2] / "config"
STUDIES = load_studies(CONFIG / "ablations.yaml")
PAPER = yaml.safe_load((CONFIG / "paper.yaml").read_text())


def leaves(tree, path=""):
    for key, value in tree.items():
        if all(isinstance(number, (int, float)) for number in value.values()):
            yield path + key
        else:
            yield from leaves(value, f"{path}{key}/")


def of_the_paper(study):
    """A study with the paper's configurations alone."""
    rows = set(leaves(PAPER[study.name]))
    return replace(study, configurations=tuple(c for c in study.configurations if c.name in rows))


PAPERS = {name: of_the_paper(STUDIES[name]) for name in ("table5", "table7")}


@pytest.mark.parametrize("name", PAPERS)
def test_every_row_of_the_paper_is_a_configuration(name):
    assert {each.name for each in PAPERS[name].configurations} == set(leaves(PAPER[name]))


def test_table7_has_28_configurations_in_six_categories():
    study = PAPERS["table7"]
    assert len(study.configurations) == 28
    assert len(study.categories) == 6


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_the_estimator_knows_every_keyword(study):
    from tabmixnn import TabMixNN

    known = set(TabMixNN().get_params())
    for configuration in study.configurations:
        for training in study.trainings:
            assert set(study.settings(configuration, training)) <= known


def test_a_training_changes_everything_but_what_is_ablated():
    study = STUDIES["table7"]
    converged = study.trainings[1]
    rows = {each.name: each for each in study.configurations}
    assert study.settings(rows["structure/none"], converged)["lr"] == 0.005
    assert study.settings(rows["learning_rate/lr_0.0001"], converged)["lr"] == 0.0001
    assert study.settings(rows["learning_rate/lr_0.0001"], converged)["epochs"] == 2000


def test_twins_are_the_rows_that_are_the_baseline():
    assert [each.name for each in PAPERS["table7"].twins()] == [
        "random_effects/full",
        "architecture/medium_64_32",
        "embedding_dim/dim_16",
        "structure/none",
        "learning_rate/lr_0.001",
    ]


def test_names_of_models_are_unique_across_studies():
    names = [
        study.model(configuration, training)
        for study in STUDIES.values()
        for configuration in study.configurations
        for training in study.trainings
    ]
    assert len(names) == len(set(names))


def changed(tmp_path, old, new):
    path = tmp_path / "ablations.yaml"
    text = (CONFIG / "ablations.yaml").read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("runner: two_tasks", "runner: two_task", SchemaError, "did you mean 'two_tasks'"),
        ("splits: 3", "split: 3", SchemaError, "no key 'split': did you mean 'splits'"),
        ("  columns:\n", "  findings: []\n  columns:\n", SchemaError, "no key 'findings'"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, old, new, error, message):
    with pytest.raises(error, match=message):
        load_studies(changed(tmp_path, old, new))


def test_an_unknown_category_is_answered_with_the_nearest():
    with pytest.raises(AblationError, match="did you mean 'structure'"):
        STUDIES["table7"].of_category("structur")


@pytest.fixture
def sleepstudy():
    rng = np.random.default_rng(0)
    days, subject = np.tile(np.arange(6), 10), np.repeat(np.arange(10), 6)
    reaction = 250 + 10 * days + rng.normal(0, 30, 10)[subject] + rng.normal(0, 20, 60)
    data = pd.DataFrame({"Reaction": reaction, "Days": days, "Subject": subject.astype(str)})
    splits = pd.DataFrame({name: rng.random(60) < 0.2 for name in ("rows_0", "rows_1", "groups_0")})
    return data, splits


def short(study, names, epochs):
    return replace(
        study,
        configurations=tuple(each for each in study.configurations if each.name in names),
        trainings=tuple(
            replace(each, estimator={**each.estimator, "epochs": epochs})
            for each in study.trainings
        ),
    )


def test_a_job_fits_every_configuration_in_every_training_on_the_row_splits(sleepstudy):
    study = short(STUDIES["table7"], ("random_effects/full", "random_effects/none"), 3)
    dataset = load_registry(CONFIG / "datasets.yaml")["sleepstudy"]
    records = run_category(study, "random_effects", dataset, *sleepstudy, seed=1, threads=1)
    assert [(r["model"], r["training"]) for r in records] == [
        ("table7_random_effects_full", "paper"),
        ("table7_random_effects_full_converged", "converged"),
        ("table7_random_effects_none", "paper"),
        ("table7_random_effects_none_converged", "converged"),
    ]
    assert records[2]["formula"] == "Reaction ~ Days"
    for record in records:
        assert [(s["protocol"], s["split"]) for s in record["splits"]] == [("rows", 0), ("rows", 1)]
        for split in record["splits"]:
            assert split["epochs"] == [3]
            assert split["metrics"]["RMSE_units"] == pytest.approx(split["metrics"]["MSE"] ** 0.5)
            assert 10 < split["metrics"]["RMSE_units"] < 200


def test_two_tasks_are_fitted_by_one_model_or_by_two():
    rng = np.random.default_rng(1)
    size = rng.normal(size=120)
    data = pd.DataFrame(
        {
            "rings": np.round(9 + 3 * size + rng.normal(size=120)),
            "length": size,
            "sex": rng.choice(["F", "I", "M"], 120),
        }
    )
    splits = pd.DataFrame({f"rows_{k}": rng.random(120) < 0.2 for k in range(2)})
    registry = load_registry(CONFIG / "datasets.yaml")
    dataset = replace(registry["Abalone"], formula="rings ~ length + (1 | sex)")
    epochs = {}
    for name in ("single_task", "multitask", "multitask_sem"):
        study = short(STUDIES["table5"], (name,), 40)
        study = replace(study, base={**study.base, "hidden_dims": [8], "lr": 0.01})
        (record,) = run_category(study, name, dataset, data, splits, seed=1, threads=1)
        assert record["task"] == "multitask"
        assert record["formula"] == "~ length + (1 | sex)"
        for split in record["splits"]:
            assert split["metrics"]["AUROC"] > 0.8
            assert split["metrics"]["RMSE"] < 3  # in rings
        epochs[name] = [len(split["epochs"]) for split in record["splits"]]
    assert epochs == {"single_task": [2, 2], "multitask": [1, 1], "multitask_sem": [1, 1]}


def records_of(study, score):
    """Records in which every score of a configuration is `score(name, training, split)`."""
    return [
        {
            "dataset": study.dataset,
            "task": "regression",
            "model": study.model(configuration, training),
            "training": training.name,
            "settings": {"epochs": 100},
            "splits": [
                {
                    "status": "ok",
                    "protocol": "rows",
                    "split": k,
                    "fit_seconds": 1.0,
                    "predict_seconds": 0.1,
                    "epochs": [50 if k else 100],
                    "metrics": {
                        column.score: score(configuration.name, training.name, k)
                        for column in study.columns
                    },
                }
                for k in range(5)
            ],
        }
        for configuration in study.configurations
        for training in study.trainings
    ]


def worse_without_effects(name, training, k):
    base = {"random_effects/none": 60.0, "structure/hybrid": 29.0}.get(name, 30.0)
    noise = 5.0 if name == "embedding_dim/dim_32" else 0.1
    return base + k + noise * (-1) ** k * (0.5 if k % 3 else 1) + (10 if training == "paper" else 0)


def test_the_noise_between_twins_is_reported():
    study = PAPERS["table7"]
    table = build(study, records_of(study, worse_without_effects), PAPER["table7"])
    assert "The best mean of each category is in bold, column by column." in table.notes
    note = next(note for note in table.notes if "one and the same configuration" in note)
    assert note.startswith("5 rows")
    assert "in the paper from 33.32 to 37.13" in note
    limits = next(note for note in table.notes if note.startswith("“Up to 2,000 epochs”"))
    assert "112 of 140 fits stopped before their limit, after 60 epochs" in limits


def test_a_training_is_called_what_it_is_and_the_epochs_that_it_kept_are_given():
    """A small rate stops at once for want of patience, which is no convergence."""
    study = PAPERS["table7"]
    assert "converged" not in " ".join(each.label for each in study.trainings)
    records = records_of(study, lambda name, training, k: 30.0 + k)
    for record in records:
        if record["training"] == "converged":
            record["settings"] = {"epochs": 2000, "patience": 100}
            slow = record["model"].startswith("table7_learning_rate_lr_00001")
            for split, ran in zip(record["splits"], (101, 132, 134, 181, 115), strict=True):
                split["epochs"] = [ran if slow else 400]
    table = build(study, records, PAPER["table7"])
    data = table.data.set_index("configuration")
    kept = "1, 32, 34, 81, 15"
    assert data.loc["learning_rate/lr_0.0001", "converged_best_epochs"] == kept
    assert data.loc["structure/none", "converged_best_epochs"] == ", ".join(["300"] * 5)
    assert any(f"Learning rate: 0.0001 ({kept})" in note for note in table.notes)


def test_an_epoch_is_not_known_where_the_limit_cut_a_fit_short():
    split = {"status": "ok", "epochs": [100]}
    record = {"model": "a", "settings": {"epochs": 100, "patience": 20}, "splits": [split]}
    assert best_epochs([record]) == {"a": [None]}
    assert listed([None, 3]) == "–, 3"


def test_a_row_that_lacks_splits_is_not_compared():
    study = PAPERS["table7"]
    records = records_of(study, worse_without_effects)
    hybrid = next(r for r in records if r["model"] == "table7_structure_hybrid")
    best = build(study, records, PAPER["table7"])
    hybrid["splits"] = hybrid["splits"][:2]
    lacking = build(study, records, PAPER["table7"])
    shown = [
        next(row[1] for row in table.rows if row[0].value.startswith("Structure: Hybrid"))
        for table in (best, lacking)
    ]
    assert [cell.bold for cell in shown] == [True, False]
    assert shown[1].value.endswith("(2 of 5)")


@pytest.mark.parametrize("name", STUDIES)
def test_tables_render_whole_and_with_gaps(name, tmp_path):
    from tabmixbench.tables.files import write

    study = STUDIES[name]
    whole = records_of(study, lambda name, training, k: 1.0 + k)
    for records in (whole, whole[:2], []):
        table = build(study, records, PAPER.get(name, {}))
        paths = {kind: tmp_path / f"t.{kind}" for kind in ("csv", "md", "tex")}
        write(table, paths)
        assert len(pd.read_csv(paths["csv"])) == len(study.configurations)
        lines = [x for x in paths["md"].read_text().splitlines() if x.startswith("|")]
        assert {line.count("|") for line in lines} == {len(table.header) + 1}
        assert not set("±²–λ→“”") & set(paths["tex"].read_text())


def examples():
    """The entries for ablations.yaml that config/README.md shows: a configuration, and a study."""
    _, _, section = (CONFIG / "README.md").read_text().partition("## A new ablation")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)]


def test_what_the_readme_shows_is_a_configuration_and_a_study_that_render(tmp_path):
    entries = yaml.safe_load((CONFIG / "ablations.yaml").read_text())
    configuration, study = examples()
    for name, entry in configuration.items():
        entries[name]["configurations"] |= entry["configurations"]
    path = tmp_path / "ablations.yaml"
    path.write_text(yaml.safe_dump(entries | study, sort_keys=False))
    studies = load_studies(path)
    for name in (*configuration, *study):
        test_the_estimator_knows_every_keyword(studies[name])
        records = records_of(studies[name], lambda name, training, k: 1.0 + k)
        table = build(studies[name], records, PAPER.get(name, {}))
        assert len(table.rows) == len(studies[name].configurations)
    assert of_the_paper(studies["table7"]) == PAPERS["table7"]


def test_a_study_that_the_paper_lacks_is_rendered_by_its_script(tmp_path, monkeypatch):
    """As the rule runs it, with the committed entries and a study that has no part in the paper."""
    monkeypatch.chdir(CONFIG.parent)
    paper = tmp_path / "paper.yaml"
    paper.write_text(yaml.safe_dump({k: v for k, v in PAPER.items() if k != "table5"}))
    output = {kind: str(tmp_path / f"table5.{kind}") for kind in ("csv", "md", "tex")}
    snakemake = SimpleNamespace(
        wildcards=SimpleNamespace(study="table5"),
        input=SimpleNamespace(records=[], paper=paper),
        output=output,
        log=[tmp_path / "log"],
    )
    script = "workflow/scripts/ablation_table.py"
    runpy.run_path(script, init_globals={"snakemake": snakemake})
    assert "| Multitask |" in Path(output["md"]).read_text()


def test_every_runner_is_one_that_the_schema_knows():
    schema = yaml.safe_load((CONFIG / "../workflow/schemas/ablations.schema.yaml").read_text())
    known = schema["additionalProperties"]["properties"]["runner"]["enum"]
    assert set(known) == set(RUNNERS)
