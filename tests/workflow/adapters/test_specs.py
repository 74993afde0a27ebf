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


@pytest.mark.parametrize(
    ("adapter", "params", "param", "meant"),
    [
        ("lightgbm", {"booster": {"max_dept": 6}}, "booster", "max_depth"),
        ("gpboost", {"booster": {"max_dept": 6}}, "booster", "max_depth"),
        ("xgboost", {"ids": True, "booster": {"learning_rat": 1}}, "booster", "learning_rate"),
        (
            "xgboost",
            {"ids": True, "booster": {}, "small": {"n_estimator": 9}},
            "small",
            "n_estimators",
        ),
        ("xgboost", {"ids": True, "booster": {}, "small": {"row": 9}}, "small", "rows"),
        ("catboost", {"booster": {"iteration": 9}, "one_hot": [2]}, "booster", "iterations"),
        ("merf", {"forest": {"n_estimator": 9}}, "forest", "n_estimators"),
        ("mlp", {"hidden": [8], "training": {"lrr": 0.1}}, "training", "lr"),
        ("tabm", {"training": {"paitence": 9}}, "training", "patience"),
        ("tabmixnn", {"estimator": {"inferance": "auto"}}, "estimator", "inference"),
    ],
)
def test_unknown_keyword_names_the_nearest(adapter, params, param, meant):
    with pytest.raises(
        ModelConfigError, match=rf"'{adapter}', {param}: unknown keyword .* mean '{meant}'\?$"
    ):
        create(spec(adapter=adapter, params=params), DATASET, seed=0, threads=1)


@pytest.mark.parametrize("keyword", ["n_jobs", "random_state", "tree_method"])
def test_a_keyword_that_the_adapter_sets_itself_is_refused(keyword):
    wrong = spec(params={"ids": False, "booster": {keyword: 1}})
    with pytest.raises(ModelConfigError, match=f"booster: unknown keyword '{keyword}'"):
        create(wrong, DATASET, seed=0, threads=1)


@pytest.mark.parametrize("value", [None, "max_depth", 6, ["max_depth"]])
def test_keywords_that_are_no_mapping_are_refused(value):
    wrong = spec(params={"ids": False, "booster": value})
    with pytest.raises(ModelConfigError, match="'booster' must map keywords to their values"):
        create(wrong, DATASET, seed=0, threads=1)


def test_a_missing_parameter_is_named():
    wrong = spec(adapter="catboost", params={"one_hot": [2]})
    with pytest.raises(ModelConfigError, match=r"'catboost': missing a required .*'booster'\.$"):
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
