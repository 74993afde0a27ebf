"""What a wrong configuration is told."""

from pathlib import Path

import pytest
import yaml

from tabmixbench.configuration import read_plan
from tabmixbench.plan import PlanError
from tabmixbench.simulations import STUDIES

ROOT = Path(__file__).resolve().parents[2]


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
        read_plan(config | change, ROOT)


MODEL = {"label": "Mine", "adapter": "linear", "targets": ["core"]}


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
        ({"targets": ["table3"]}, "mine: unknown target 'table3': did you mean 'table6'"),
        ({"only": ["slepstudy"]}, "mine: unknown dataset 'slepstudy': did you mean 'sleepstudy'"),
        ({"suites": ["regresion"]}, "mine: unknown suite 'regresion': did you mean 'regression'"),
    ],
)
def test_a_wrong_entry_of_a_model_is_named(config, checkout, entry, message):
    path = checkout / "config/models.yaml"
    text = path.read_text()
    path.write_text(text + "\n" + yaml.safe_dump({"mine": MODEL}))
    assert "mine" in read_plan(config, checkout).models
    path.write_text(text + "\n" + yaml.safe_dump({"mine": MODEL | entry}))
    with pytest.raises(PlanError, match=message):
        read_plan(config, checkout)


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
        read_plan(config, checkout)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "claims",
            "models: [tabmixnn_paper]",
            "models: [tabmixnn_papr]",
            "did you mean 'tabmixnn_paper'",
        ),
        (
            "claims",
            "rivals: [xgboost_table6]",
            "rivals: [xgboost_tabel6]",
            "rivals: unknown model 'xgboost_tabel6'",
        ),
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
        (
            "paper",
            "  families_claimed:",
            "  familiesclaimed:",
            "'text': 'families_claimed' is a required property",
        ),
    ],
)
def test_what_is_wrong_in_the_paper_or_a_claim_is_named(config, checkout, file, old, new, message):
    path = checkout / f"config/{file}.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(PlanError, match=message):
        read_plan(config, checkout)


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
        read_plan(config, checkout)


@pytest.mark.parametrize("study", STUDIES)
def test_a_misspelt_size_of_a_simulation_is_named(config, checkout, study):
    schema = yaml.safe_load((ROOT / "workflow/schemas/simulations.schema.yaml").read_text())
    parts = schema["additionalProperties"]["properties"]
    assert study in parts, "say in workflow/schemas/simulations.schema.yaml what its sizes are"
    path = checkout / "config/simulations.yaml"
    sizes = yaml.safe_load(path.read_text())
    key = next(iter(sizes["small"][study]))
    sizes["small"][study][f"{key}z"] = sizes["small"][study].pop(key)
    path.write_text(yaml.safe_dump(sizes))
    with pytest.raises(
        PlanError, match=rf"'small\.{study}' has no key '{key}z': did you mean '{key}"
    ):
        read_plan(config, checkout)
