"""claims.yaml covers the paper's tables, and a wrong entry is named."""

import copy
from pathlib import Path

import pytest
import yaml

from tabmixbench.ablations import load_studies
from tabmixbench.claims import ClaimError, load_claims
from tabmixbench.claims.check import check_names

CONFIG = Path(__file__).resolve().parents[3] / "config"
#: An entry of the text to spoil.
ENTRY = "regression-printed-improvement"
ENTRIES = yaml.safe_load((CONFIG / "claims.yaml").read_text())


@pytest.fixture
def entries():
    return copy.deepcopy(ENTRIES)


@pytest.fixture
def load(tmp_path, results):
    def load(entries):
        path = tmp_path / "claims.yaml"
        path.write_text(yaml.safe_dump(entries))
        claims = load_claims(path, results.paper, results.models, results.registry)
        check_names(claims, results.paper, results.models, results.registry)
        return claims

    return load


def numbers(tree):
    if isinstance(tree, dict):
        return sum(numbers(value) for value in tree.values())
    return int(isinstance(tree, (int, float)))


def test_every_number_of_the_tables_is_a_claim(load, entries, paper):
    claims = load(entries)
    tables = [f"table{k}" for k in range(1, 8)]
    of_tables = [claim for claim in claims if claim.id.split("/")[0] in tables]
    assert len(of_tables) == sum(numbers(paper[table]) for table in tables)
    by_id = {claim.id: claim for claim in claims}
    assert by_id["table3/sleepstudy/rmse"].printed == 0.52
    assert by_id["table7/learning_rate/lr_0.005/rmse"].settings["row"] == "learning_rate/lr_0.005"
    assert by_id["edge-density"].printed == (10, 30)


def test_a_number_that_stands_in_two_places_is_one_claim_of_both(load, entries, paper):
    claims = load(entries)
    sources = [claim.source for claim in claims if claim.source]
    assert len(sources) == len(set(sources))
    sections = {claim.id: claim.section for claim in claims}
    assert sections["table2/classification/wins"] == "Table 2 and 5.3.3"
    assert sections["table2/regression/wins"] == "Table 2"
    assert sections["table4/Aids2/improvement"] == "Table 4 and 5.3.3"
    assert sections["table6/improvement"] == "Table 6 and 5.3.5"
    assert sections["table6/xgboost"] == "Table 6"
    for name in paper["text"]["strongest_classification"]:
        assert sections[f"table4/{name}/auc"].endswith("and 5.3.3")
    entries["tables"]["table4"]["columns"]["auc"]["also"] = {"Aids": "5.3.3"}
    with pytest.raises(ClaimError, match="table4, auc, also: unknown row 'Aids': did you mean"):
        load(entries)


def test_every_statement_that_the_paper_contradicts_is_a_claim(load, entries, paper):
    from tabmixbench.contradictions import contradictions

    sources = {claim.source for claim in load(entries)}
    about = {path for found in contradictions(paper) for path in found.about}
    assert about <= sources


def test_layers_are_counted_as_the_paper_counts_them(load, entries, paper):
    """With the output layer: the text gives [128, 64, 32, 16] five and calls 3-4 the best."""
    best = next(c for c in load(entries) if c.id == "deep-is-best").settings["best"]
    layers = {
        name: 1 + sum(part.isdigit() for part in name.split("_"))
        for name in paper["table7"]["architecture"]
    }
    assert layers["very_deep_128_64_32_16"] == 5
    assert set(best) == {name for name, count in layers.items() if count in (3, 4)}


def test_errors_in_units_are_held_against_guesses_in_units(load, entries):
    """Table 5 is in rings, Table 7 in milliseconds; the suite's own errors are in deviations."""
    guesses = {
        settings["column"]: settings.get("guess", settings["column"])
        for column in (
            *entries["tables"]["table5"]["columns"].values(),
            *entries["tables"]["table7"]["columns"].values(),
        )
        for settings in [column["with"]]
    }
    errors = {name: guess for name, guess in guesses.items() if name.startswith(("RMSE", "MAE"))}
    assert set(errors) == {"RMSE", "MAE", "RMSE_units"}
    assert all(guess.endswith("_units") for guess in errors.values())
    entries["tables"]["table5"]["columns"]["mae"]["with"]["guess"] = "MAE_unit"
    with pytest.raises(ClaimError, match="did you mean 'MAE_units'"):
        load(entries)


def test_what_the_paper_measures_from_one_row_is_measured_from_it_here(load, entries, paper):
    claims = {claim.source: claim for claim in load(entries)}
    for name, said in paper["text"]["ablation_percent"].items():
        settings = claims[f"text/ablation_percent/{name}/percent"].settings
        assert settings["row"] == "/".join(said["row"])
        assert settings["reference"] == "/".join(said["from"])


def test_a_claim_on_a_model_has_the_label_that_models_yaml_gives_it(load, entries, results):
    said = {claim.id: claim.text for claim in load(entries)}
    label = results.models["tabmixnn_paper"].label
    assert said["table3/sleepstudy/rmse"] == f"Sleepstudy: RMSE of {label}"
    assert said["average-auc"] == f"Average AUC of {label}"
    entries["tables"]["table3"]["columns"]["rmse"]["claim"] = "RMSE of {tabmixnn_papr}"
    with pytest.raises(ClaimError, match="unknown name in braces 'tabmixnn_papr': did you mean"):
        load(entries)


def test_a_further_training_is_said_as_it_is_set(load, entries):
    trainings = {t.name: t for t in load_studies(CONFIG / "ablations.yaml")["table7"].trainings}
    longer = {c.id: c.settings.get("longer", {}) for c in load(entries) if c.check == "table_cell"}
    assert longer["table7/structure/none/r2"]
    for name, words in longer["table7/structure/none/r2"].items():
        estimator = trainings[name].estimator
        assert words == f"up to {estimator['epochs']:,} epochs, patience {estimator['patience']}"


def test_a_number_without_a_claim_is_refused(load, entries):
    del entries["tables"]["table3"]["columns"]["r2"]
    with pytest.raises(ClaimError, match="table3/Machines/r2 has no claim; describe column 'r2'"):
        load(entries)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chek": "wins"}, "no key 'chek': did you mean 'check'"),
        ({"check": "win"}, "unknown check 'win': did you mean 'wins'"),
        ({"kind": "counts"}, "unknown value 'counts': did you mean 'count'"),
        ({"paper": "table2/regresion/wins"}, "did you mean 'table2/regression/wins'"),
        ({"with": {"suit": "regression"}}, "unknown setting 'suit': did you mean 'suite'"),
        ({"with": {"rivals": ["xgboost"]}}, "missing a required argument: 'suite'"),
        ({"with": {"suite": "regresion"}}, "suite: unknown suite 'regresion'"),
        (
            {"with": {"suite": "regression", "rivals": ["xgbost"]}},
            f"{ENTRY}, with, rivals: unknown model 'xgbost': did you mean 'xgboost'",
        ),
        (
            {"check": "explains_nothing", "with": {"row": "architecture/liner", "below": 0.2}},
            "unknown row of the paper's tables .* did you mean 'architecture/linear'",
        ),
        (
            {"check": "category_range", "with": {"category": "regularisation", "below": 10}},
            "unknown category of rows .* did you mean 'regularization'",
        ),
        (
            {"check": "best_of_category", "with": {"category": "structure", "best": ["hybird"]}},
            "unknown row of a category .* did you mean 'hybrid'",
        ),
        ({"paper": "table1/Orthodont/domain"}, "table1/Orthodont/domain is no number"),
        ({"paper": "table2/regression/wins/all"}, "did you mean 'table2/regression/wins'"),
    ],
)
def test_a_wrong_entry_is_named(load, entries, change, message):
    entries["claims"][ENTRY] |= change
    with pytest.raises(ClaimError, match=message):
        load(entries)


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("models", ["tabmixnn_papr"], "models: unknown model 'tabmixnn_papr'.* 'tabmixnn_paper'"),
        ("beside", ["xgbost"], "beside: unknown model 'xgbost'"),
        ("dataset", "Machnes", "dataset: unknown dataset 'Machnes': did you mean 'Machines'"),
        ("suite", "regresion", "suite: unknown suite 'regresion': did you mean 'regression'"),
        ("metric", "RSME", "metric: unknown score 'RSME': did you mean 'RMSE'"),
        ("models", 3, "models: unknown model 3"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused(load, entries, setting, value, message):
    entries["tables"]["table3"]["columns"]["rmse"]["with"][setting] = value
    with pytest.raises(ClaimError, match=rf"claims\.yaml, table3/.*/rmse, with, {message}"):
        load(entries)


def test_datasets_of_a_sentence_exist(load, entries):
    entries["claims"]["strongest-improvements"]["with"]["datasets"][0] = "Aids"
    with pytest.raises(ClaimError, match="datasets: unknown dataset 'Aids': did you mean 'Aids2'"):
        load(entries)


def test_a_number_must_stand_somewhere(load, entries):
    del entries["claims"][ENTRY]["paper"]
    with pytest.raises(ClaimError, match="needs `paper`"):
        load(entries)


def test_what_claims_name_exists_where_it_is_made(load, entries, paper):
    from tabmixbench.benchmarks.trees import BESIDE_LMER, ONE_FIT
    from tabmixbench.interpretation import MODELS
    from tabmixbench.trials.edges import SETTINGS, THRESHOLDS
    from tabmixbench.validation.claim import KINDS, READINGS

    rows = {f"{c}/{name}" for c, block in paper["table7"].items() for name in block}
    for claim in load(entries):
        settings = claim.settings
        if claim.check == "recovers":
            assert settings["reading"] in READINGS
            assert set(settings["kinds"]) <= set(KINDS)
        if claim.check == "edge_density":
            assert settings["training"] in SETTINGS
            assert settings["threshold"] in THRESHOLDS
        if "what" in settings:
            assert settings["what"] in (ONE_FIT, BESIDE_LMER)
        if "model" in settings:
            assert settings["model"] in MODELS
        if claim.check == "largest_loss":
            assert {f"{c}/{name}" for c, name in settings["baselines"].items()} <= rows


def test_a_claim_listed_twice_is_refused(tmp_path, results):
    path = tmp_path / "claims.yaml"
    path.write_text((CONFIG / "claims.yaml").read_text() + "tables: {}\n")
    with pytest.raises(ClaimError, match=r"claims\.yaml: key 'tables' appears a second time"):
        load_claims(path, results.paper, results.models, results.registry)
