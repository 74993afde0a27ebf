"""The MLflow collector: every run once, changed runs replaced, interrupted ones mended."""

import json
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from tabmixbench.runs import write_run
from tabmixbench.track import collect


def record(dataset, model, rmse):
    split = {
        "protocol": "rows",
        "status": "ok",
        "n_train": 8,
        "n_test": 2,
        "fit_seconds": 0.5,
        "predict_seconds": 0.1,
    }
    return {
        "dataset": dataset,
        "model": model,
        "label": model.title(),
        "task": "regression",
        "target": "y",
        "formula": "y ~ x",
        "n": 10,
        "data_digest": "abc",
        "code": {"commit": "c" * 40, "uncommitted": False},
        "settings": {"booster": {"depth": 6}},
        "splits": [
            {
                **split,
                "split": k,
                "metrics": {"RMSE": rmse + 0.2 * k},
                "settings": {"seed": 1 + k, "trees": {"most": 100, "used": 7 - k}},
            }
            for k in range(2)
        ],
    }


@pytest.fixture
def suite(tmp_path):
    """Two records on disk, and a function that collects them and returns the runs."""

    class Suite:
        store = tmp_path / "mlflow"
        members = ()

        def write(self, model, rmse):
            path = tmp_path / f"{model}.json"
            predictions = pd.DataFrame({"y": [1.0], "prediction": [rmse]})
            write_run(
                record("sleepstudy", model, rmse), predictions, path, path.with_suffix(".parquet")
            )
            self.members = tuple(dict.fromkeys((*self.members, ("regression", str(path)))))

        def client(self):
            from mlflow.tracking import MlflowClient

            return MlflowClient(tracking_uri=f"sqlite:///{self.store / 'mlflow.db'}")

        def collect(self, **labels):
            marker = self.store / "collected.json"
            collect(self.members, [], self.store, marker, lambda line: None, labels)
            client = self.client()
            experiment = client.get_experiment_by_name("Table 3: regression")
            runs = client.search_runs([experiment.experiment_id])
            return {run.info.run_name: run for run in runs if run.info.run_name != "figures"}

    suite = Suite()
    suite.write("xgboost", 0.5)
    suite.write("lightgbm", 0.6)
    return suite


def test_runs_hold_what_a_reader_compares(suite):
    runs = suite.collect()
    assert set(runs) == {"xgboost/sleepstudy", "lightgbm/sleepstudy"}
    run = runs["xgboost/sleepstudy"]
    assert run.data.metrics["rows.RMSE.mean"] == pytest.approx(0.6)
    assert run.data.metrics["rows.RMSE.sd"] == pytest.approx(0.2 / 2**0.5)
    assert run.data.params["booster.depth"] == "6"
    assert run.data.params["trees.most"] == "100"
    assert run.data.tags["model"] == "xgboost"
    assert run.inputs.dataset_inputs[0].dataset.digest == "abc"
    history = suite.client().get_metric_history(run.info.run_id, "rows.RMSE.split")
    assert [(m.step, m.value) for m in history] == [(0, 0.5), (1, 0.7)]
    artifacts = {a.path for a in suite.client().list_artifacts(run.info.run_id)}
    assert artifacts == {"xgboost.json", "xgboost.parquet"}


def test_a_setting_that_differs_says_what_it_is_on_which_split(suite):
    params = suite.collect()["xgboost/sleepstudy"].data.params
    assert params["seed"] == "rows 0: 1; rows 1: 2"
    assert params["trees.used"] == "rows 0: 7; rows 1: 6"


def test_a_run_says_of_which_commit_it_is(suite):
    tags = suite.collect()["xgboost/sleepstudy"].data.tags
    assert tags["mlflow.source.git.commit"] == "c" * 40
    assert tags["uncommitted_changes"] == "false"


def test_a_record_of_before_is_logged_without_what_it_lacks(suite):
    path = suite.members[0][1]
    with open(path) as file:
        old = json.load(file)
    del old["code"]
    old["settings"] |= old["splits"][-1]["settings"]
    for split in old["splits"]:
        del split["settings"]
    with open(path, "w") as file:
        json.dump(old, file)
    run = suite.collect()["xgboost/sleepstudy"]
    assert run.data.params["seed"] == "2"
    assert "mlflow.source.git.commit" not in run.data.tags


def test_a_run_has_the_label_that_tables_have_now(suite):
    first = suite.collect()
    runs = suite.collect(xgboost="XGBoost")
    assert runs["xgboost/sleepstudy"].data.tags["label"] == "XGBoost"
    assert runs["lightgbm/sleepstudy"].info.run_id == first["lightgbm/sleepstudy"].info.run_id


def test_collectors_of_several_targets_share_a_store(suite, tmp_path):
    paths = [path for _, path in suite.members]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(
                collect, [(name, path) for path in paths], [], suite.store,
                suite.store / f"{name}.json", lambda line: None,
            )
            for name in ("beyond", "confirmation", "regression, other splits")
        ]  # fmt: skip
        for job in jobs:
            job.result()
    client = suite.client()
    for experiment in client.search_experiments(filter_string="name != 'Default'"):
        runs = client.search_runs([experiment.experiment_id])
        assert {run.info.run_name for run in runs} == {"xgboost/sleepstudy", "lightgbm/sleepstudy"}
    assert len(client.search_experiments(filter_string="name != 'Default'")) == 3


def test_collecting_twice_adds_nothing_and_a_changed_record_replaces_its_run(suite):
    first = {name: run.info.run_id for name, run in suite.collect().items()}
    assert {name: run.info.run_id for name, run in suite.collect().items()} == first
    suite.write("xgboost", 0.4)
    second = suite.collect()
    assert second["lightgbm/sleepstudy"].info.run_id == first["lightgbm/sleepstudy"]
    assert second["xgboost/sleepstudy"].info.run_id != first["xgboost/sleepstudy"]
    assert second["xgboost/sleepstudy"].data.metrics["rows.RMSE.mean"] == pytest.approx(0.5)
    assert len(second) == 2


def test_a_run_that_was_cut_short_is_written_anew(suite):
    whole = suite.collect()["xgboost/sleepstudy"]
    suite.client().update_run(whole.info.run_id, status="RUNNING")
    again = suite.collect()["xgboost/sleepstudy"]
    assert again.info.run_id != whole.info.run_id
    assert again.data.metrics == whole.data.metrics


def test_an_experiment_that_was_deleted_comes_back(suite):
    first = suite.collect()
    client = suite.client()
    client.delete_experiment(client.get_experiment_by_name("Table 3: regression").experiment_id)
    again = suite.collect()
    assert client.get_experiment_by_name("Table 3: regression").lifecycle_stage == "active"
    assert {name: run.data.metrics for name, run in again.items()} == {
        name: run.data.metrics for name, run in first.items()
    }


def test_what_mlflow_refuses_is_said_in_a_sentence(suite, monkeypatch):
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient

    def refuse(*args, **kwargs):
        raise MlflowException("no more experiments today")

    monkeypatch.setattr(MlflowClient, "create_experiment", refuse)
    with pytest.raises(RuntimeError, match="refuses to log: no more experiments today"):
        suite.collect()


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["ok", "ok"], "ok"),
        (["timed out", "ok"], "ok"),
        (["timed out", "unsuitable"], "timed out"),
        (["unsuitable", "unsuitable"], "unsuitable"),
    ],
)
def test_a_run_says_whether_it_was_unsuitable_or_took_too_long(suite, statuses, expected):
    path = suite.members[0][1]
    with open(path) as file:
        changed = json.load(file)
    for split, status in zip(changed["splits"], statuses, strict=True):
        split |= {"status": status, "reason": f"it was {status}"}
    with open(path, "w") as file:
        json.dump(changed, file)
    tags = suite.collect()["xgboost/sleepstudy"].data.tags
    assert tags["status"] == expected
    assert ("reason" in tags) == (set(statuses) != {"ok"})


def test_the_marker_names_every_run(suite):
    runs = suite.collect()
    marker = json.loads((suite.store / "collected.json").read_text())
    assert marker["regression"]["xgboost/sleepstudy"] == runs["xgboost/sleepstudy"].info.run_id
