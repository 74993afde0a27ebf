"""What holds for every adapter; a new one is tested by being there."""

import inspect
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabmixbench.adapters import (
    ModelConfigError,
    adapter_of,
    available,
    create,
    lme4,
    load_models,
)
from tabmixbench.digests import SHARED
from tabmixbench.registry import Dataset
from tests.workflow.sources import closure, listed

MODELS = load_models("config/models.yaml")

#: Settings that make a fit quick and change nothing that these tests look at.
QUICK = {
    "catboost": {"booster": {"iterations": 20}, "folds": 2},
    "xgboost_tuned": {"booster": {"n_estimators": 20}, "choices": {"max_depth": [2]}, "folds": 2},
    "lightgbm_tuned": {"booster": {"n_estimators": 20}, "choices": {"num_leaves": [4]}, "folds": 2},
    "mlp": {"hidden": [8], "training": {"lr": 0.02, "max_epochs": 15, "folds": 2}},
    "tabm": {"k": 2, "width": 8, "training": {"lr": 0.02, "max_epochs": 15, "folds": 2}},
    "merf": {"forest": {"n_estimators": 10}, "max_iterations": 3},
}


def dataset(task):
    return Dataset(
        name=f"tiny_{task}",
        title="Tiny",
        domain="test",
        suites=("regression" if task == "regression" else "classification",),
        task=task,
        target="y",
        groups=("g",),
        numeric=("x",),
        categorical=("c",),
        formula="y ~ x + c + (1 | g)",
        source="none",
        sha256="0" * 64,
    )


def rows(task, seed=0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(8), 10)
    x, c = rng.normal(size=80), rng.integers(0, 2, 80)
    eta = x + c - 0.5 + rng.normal(size=8)[group]
    y = eta + 0.3 * rng.normal(size=80)
    if task == "binary":
        y = (rng.random(80) < 1 / (1 + np.exp(-3 * eta))).astype("int8")
    return pd.DataFrame(
        {
            "y": y,
            "g": pd.Categorical([f"g{i}" for i in group]),
            "x": x,
            "c": pd.Categorical(np.where(c == 1, "b", "a")),
        }
    )


@pytest.fixture(params=["regression", "binary"])
def task(request):
    return request.param


# Every fit of lme4 starts R, which takes a second or more.
@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow if name == "lme4" else ())
        for name in sorted({spec.adapter for spec in MODELS.values()} & set(available()))
    ]
)
def spec(request):
    found = next(spec for spec in MODELS.values() if spec.adapter == request.param)
    if found.adapter == "lme4" and (reason := lme4.missing()):
        pytest.skip(reason)
    return replace(found, params={**found.params, **QUICK.get(found.adapter, {})})


def suits(spec, task):
    """Skip a task that the adapter says it cannot run."""
    if reason := create(spec, dataset(task), seed=0, threads=1).unsuitable(rows(task)):
        pytest.skip(reason)


def split(task):
    data = rows(task)
    held_out = np.arange(len(data)) % 5 == 0
    return data[~held_out].reset_index(drop=True), data[held_out].reset_index(drop=True)


@pytest.mark.parametrize("name", available())
def test_every_adapter_is_listed(name):
    file = Path(inspect.getfile(available()[name])).name
    assert name in {spec.adapter for spec in MODELS.values()}, (
        f"adapters/{file} has no entry in config/models.yaml: add one with `adapter: {name}`, with "
        "whose settings the tests here run it (config/README.md, A new baseline)"
    )


@pytest.mark.parametrize("kind", [None, "tree"])
def test_an_adapter_that_does_not_say_what_it_is_is_refused(kind, monkeypatch):
    if kind is None:
        monkeypatch.delattr(available()["xgboost"], "kind")
    else:
        monkeypatch.setattr(available()["xgboost"], "kind", kind)
    with pytest.raises(ModelConfigError, match=r"adapter 'xgboost': unknown kind .*trees"):
        available.__wrapped__()


@pytest.mark.parametrize("spec", MODELS.values(), ids=MODELS)
def test_every_listed_adapter_exists_and_knows_the_parameters(spec):
    assert adapter_of(spec).name == spec.adapter


@pytest.mark.parametrize("adapter", available().values(), ids=available())
def test_sources_that_the_numbers_depend_on_exist(adapter):
    assert all(Path(source).exists() for source in adapter.sources)


@pytest.mark.parametrize("adapter", available().values(), ids=available())
def test_sources_are_all_that_the_adapter_imports(adapter):
    file = Path(inspect.getfile(adapter))
    missing = closure(file) - listed(adapter.sources) - set(SHARED)
    assert not missing, f"add them to `sources` in {file.name}, below workflow/tabmixbench/"


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_runs_a_dataset_or_says_in_a_sentence_why_not(name):
    reason = create(MODELS[name], dataset("regression"), seed=0, threads=1).unsuitable()
    assert reason is None or len(reason.split()) > 2


def test_predictions_need_no_target_follow_it_and_can_be_repeated(spec, task):
    suits(spec, task)
    train, test = split(task)
    first, second = (
        create(spec, dataset(task), seed=3, threads=1)
        .fit(train.copy())
        .predict(test.drop(columns="y"))
        for _ in range(2)
    )
    assert first.shape == (len(test),)
    assert first.dtype == np.float64
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)
    if task == "binary":
        assert ((first >= 0) & (first <= 1)).all()
    if spec.adapter != "constant":
        assert np.corrcoef(first, test["y"])[0, 1] > 0


@pytest.mark.parametrize("new_groups", [False, True])
def test_rows_of_unseen_groups_and_levels_are_predicted(spec, task, new_groups):
    suits(spec, task)
    train, test = split(task)
    test = test.drop(columns="y").assign(g=pd.Categorical(["new"] * len(test)))
    adapter = create(spec, dataset(task), seed=0, threads=1, new_groups=new_groups)
    prediction = adapter.fit(train).predict(test)
    assert prediction.shape == (len(test),)
    assert np.isfinite(prediction).all()


def test_settings_are_complete_json_and_known_before_the_fit(spec, task):
    suits(spec, task)
    train, _ = split(task)
    adapter = create(spec, dataset(task), seed=5, threads=1)
    assert json.loads(json.dumps(adapter.resolved()))["adapter"] == spec.adapter
    resolved = json.loads(json.dumps(adapter.fit(train).resolved(), allow_nan=False))
    assert resolved["seed"] == 5
    assert resolved["threads"] == 1
    assert resolved["version"][0].isdigit()


def test_training_data_are_left_as_they_were(spec, task):
    suits(spec, task)
    train, test = split(task)
    before = train.copy(deep=True)
    create(spec, dataset(task), seed=0, threads=1).fit(train).predict(test)
    pd.testing.assert_frame_equal(train, before)


def test_one_class_only_is_a_reason_in_a_sentence(spec):
    train = rows("binary").assign(y=np.int8(1))
    reason = create(spec, dataset("binary"), seed=0, threads=1).unsuitable(train)
    assert "only one class" in reason or "regressions only" in reason


def test_predictive_spread_is_positive_where_there_is_one(spec):
    suits(spec, "regression")
    train, test = split("regression")
    adapter = create(spec, dataset("regression"), seed=0, threads=1).fit(train)
    sd = adapter.predict_sd(test.drop(columns="y"))
    assert sd is None or (sd.shape == (len(test),) and (sd > 0).all())


def test_a_dataset_without_features_is_predicted_or_refused_in_a_sentence(spec, task):
    bare = replace(dataset(task), numeric=(), categorical=(), formula="y ~ 1 + (1 | g)")
    train, test = (part[["y", "g"]] for part in split(task))
    adapter = create(spec, bare, seed=0, threads=1)
    if reason := adapter.unsuitable(train):
        assert len(reason.split()) > 2
        return
    adapter.fit(train)
    new = pd.Categorical(["new"] * len(test))
    for rows_of in (test.drop(columns="y"), test[["g"]].assign(g=new)):
        prediction = adapter.predict(rows_of)
        assert prediction.shape == (len(test),)
        assert np.isfinite(prediction).all()
    json.dumps(adapter.resolved(), allow_nan=False)
