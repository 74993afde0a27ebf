import re
from types import SimpleNamespace

import pytest

from tabmixbench.adapters import ModelConfigError, ModelSpec, create, load_models

GOOD = "floor: {label: Floor, adapter: constant, targets: [core]}\n"


def written(tmp_path, text):
    path = tmp_path / "models.yaml"
    path.write_text(text)
    return path


def spec(**changes):
    fields = {
        "name": "m",
        "label": "M",
        "adapter": "xgboost",
        "params": {"ids": False, "booster": {}},
        "only": None,
        "suites": None,
        "targets": ("core",),
        "note": "",
    }
    return ModelSpec(**(fields | changes))


DATASET = SimpleNamespace(
    name="sleepstudy", suites=("regression",), numeric=("Days",), categorical=(), groups=()
)


def test_order_of_the_file_is_kept(tmp_path):
    text = GOOD + GOOD.replace("floor", "another")
    assert list(load_models(written(tmp_path, text))) == ["floor", "another"]


def test_paper_settings_of_xgboost():
    models = load_models("config/models.yaml")
    booster = models["xgboost_ids"].params["booster"]
    assert booster == {
        "n_estimators": 300,
        "max_depth": 6,
        "learning_rate": 0.05,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "reg_alpha": 0.1,
        "reg_lambda": 1.0,
    }
    assert models["xgboost"].params["booster"] == booster
    assert (models["xgboost"].params["ids"], models["xgboost_ids"].params["ids"]) == (False, True)


def test_misspelt_key_names_the_nearest(tmp_path):
    path = written(tmp_path, GOOD.replace("adapter", "adaptor"))
    with pytest.raises(ModelConfigError, match=r"'floor' has no key 'adaptor'.*'adapter'"):
        load_models(path)


def test_missing_key_names_the_entry(tmp_path):
    path = written(tmp_path, "floor: {label: Floor, adapter: constant}\n")
    with pytest.raises(ModelConfigError, match=r"'floor'.*'targets' is a required property"):
        load_models(path)


def test_a_model_listed_twice_is_refused(tmp_path):
    with pytest.raises(ModelConfigError, match=r"models\.yaml: key 'floor' appears a second time"):
        load_models(written(tmp_path, GOOD * 2))


def test_unknown_adapter_names_the_nearest():
    with pytest.raises(ModelConfigError, match=r"'m'.*'xgbost': did you mean 'xgboost'"):
        create(spec(adapter="xgbost"), DATASET, seed=0, threads=1)


def test_unknown_parameter_names_the_nearest():
    wrong = spec(params={"ids": False, "boster": {}})
    with pytest.raises(ModelConfigError, match=r"'boster': did you mean 'booster'"):
        create(wrong, DATASET, seed=0, threads=1)


@pytest.mark.parametrize("adapter", ["lightgbm", "gpboost"])
def test_unknown_keyword_names_the_nearest(adapter):
    wrong = spec(adapter=adapter, params={"booster": {"max_dept": 6}})
    with pytest.raises(ModelConfigError, match=r"booster: unknown keyword 'max_dept'.*'max_depth'"):
        create(wrong, DATASET, seed=0, threads=1)


@pytest.mark.parametrize(
    ("changes", "runs"),
    [
        ({}, True),
        ({"suites": ("regression", "extra")}, True),
        ({"suites": ("classification",)}, False),
        ({"only": ("sleepstudy",)}, True),
        ({"only": ("Abalone",)}, False),
    ],
)
def test_runs_on(changes, runs):
    assert spec(**changes).runs_on(DATASET) is runs


def test_notes_call_models_as_tables_do():
    models = load_models("config/models.yaml")
    # Where the name of an entry is a word of its own, it is one in a note, too.
    names = set(models) - {spec.label for spec in models.values()} - {"constant", "linear"}
    for spec in models.values():
        assert not names & set(re.findall(r"\w+", spec.note)), spec.name
