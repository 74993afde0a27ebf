"""Every run of the benchmark in MLflow, each exactly once.

Fitting jobs only write records; this one place writes to the store, because many processes
opening a fresh SQLite store at once destroy it.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tabmixbench.collect import read_records
from tabmixbench.files import write_atomically
from tabmixbench.runs import Record, fitting_seconds

# MLflow's own limits: at most 1,000 metrics and 100 parameters a batch, 6,000 characters a value.
METRICS_A_BATCH = 1000
PARAMS_A_BATCH = 100
LONGEST_PARAM = 6000

EXPERIMENTS = {
    "regression": "Table 3: regression",
    "classification": "Table 4: classification",
    "table5": "Table 5: multitask",
    "table6": "Table 6: Abalone",
    "table7": "Table 7: ablations",
    "extra": "Further datasets",
    "variants": "Variants of the datasets",
    "beyond": "Datasets that the paper does not have",
    "confirmation": "Datasets to confirm with",
}


def collect(
    members: Iterable[tuple[str, str]],
    figures: Iterable[str],
    store: str | Path,
    marker: str | Path,
    report: Callable[[str], None],
    labels: Mapping[str, str] | None = None,
) -> None:
    """Log every record that the store does not hold yet; a changed record replaces its run.

    Parameters
    ----------
    members : iterable of (suite, path)
        The records, each under the experiment of its suite's table.
    figures : iterable of path
        Logged as artifacts of a run named ``figures`` in each experiment, if there are any.
    store : path
        Folder of the SQLite database and of the artifacts.
    marker : path
        JSON file to write at the end: run ids by experiment and name.
    labels : mapping of str to str, optional
        What tables call models now; those that it lacks have the label of their record.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from filelock import FileLock

    store = Path(store)
    (store / "artifacts").mkdir(parents=True, exist_ok=True)
    # Targets that log, such as `peers` and `beyond`, may be asked for at once.
    with FileLock(store / "mlflow.lock"), _in_a_sentence(store):
        logged = _collect(members, list(figures), store, report, labels or {})
        write_atomically(marker, lambda file: file.write_text(json.dumps(logged, indent=1) + "\n"))


@contextmanager
def _in_a_sentence(store: Path) -> Iterator[None]:
    """Turn what MLflow refuses into an expected failure, which has one sentence."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        raise RuntimeError(f"MLflow's store {store} refuses to log: {error}") from error


def _collect(
    members: Iterable[tuple[str, str]],
    figures: list[str],
    store: Path,
    report: Callable[[str], None],
    labels: Mapping[str, str],
) -> dict[str, dict[str, str]]:
    """Return run ids by experiment and name."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(tracking_uri=f"sqlite:///{store / 'mlflow.db'}")
    logged: dict[str, dict[str, str]] = {}
    added = 0
    by_suite: dict[str, list[str]] = {}
    for suite, path in members:
        by_suite.setdefault(suite, []).append(path)
    for suite, paths in by_suite.items():
        experiment = _experiment(client, EXPERIMENTS.get(suite, suite), store)
        known = _known_runs(client, experiment)
        for path in paths:
            for record in read_records(path):
                name = f"{record['model']}/{record['dataset']}"
                record["label"] = labels.get(record["model"], record["label"])
                run_id, is_new = _log(client, experiment, known, name, suite, record, Path(path))
                logged.setdefault(suite, {})[name] = run_id
                added += is_new
        report(f"{EXPERIMENTS.get(suite, suite)}: {len(logged[suite])} runs")
        if figures:
            logged[suite]["figures"] = _log_figures(client, experiment, known, figures)
    report(f"{added} runs added")
    return logged


def _experiment(client: Any, name: str, store: Path) -> str:
    """Id of an experiment; one that was deleted, as in the UI, comes back: its name is taken."""
    found = client.get_experiment_by_name(name)
    if found is not None:
        if found.lifecycle_stage != "active":
            client.restore_experiment(found.experiment_id)
        return found.experiment_id
    location = (store / "artifacts").resolve().as_uri()
    return client.create_experiment(name, artifact_location=location)


def _known_runs(client: Any, experiment: str) -> dict[str, list[Any]]:
    """The finished and unfinished runs of an experiment by name."""
    known: dict[str, list[Any]] = {}
    token = None
    while True:
        page = client.search_runs([experiment], max_results=1000, page_token=token)
        for run in page:
            known.setdefault(run.info.run_name, []).append(run)
        token = page.token
        if not token:
            return known


def _keep_or_clear(client: Any, runs: list[Any], digest: str) -> str | None:
    """Id of the one finished run with this digest; every other run of the name is deleted."""
    kept = None
    for run in runs:
        complete = run.info.status == "FINISHED" and run.data.tags.get("content_hash") == digest
        if complete and kept is None:
            kept = run.info.run_id
        else:
            client.delete_run(run.info.run_id)
    return kept


def _log(
    client: Any,
    experiment: str,
    known: dict[str, list[Any]],
    name: str,
    suite: str,
    record: Record,
    path: Path,
) -> tuple[str, bool]:
    # Ablations keep no predictions.
    files = [file for file in (path, path.with_suffix(".parquet")) if file.exists()]
    digest = _digest(files, record["label"])
    if (kept := _keep_or_clear(client, known.get(name, []), digest)) is not None:
        return kept, False
    from mlflow.entities import Dataset, DatasetInput, InputTag, Param, RunTag

    # The UI's duration shall be what the models took, not what logging took.
    end = int(time.time() * 1000)
    start = end - int(1000 * fitting_seconds([record]))
    run_id = client.create_run(experiment, start_time=start, run_name=name).info.run_id
    tags = {
        "content_hash": digest,
        "suite": suite,
        "dataset": record["dataset"],
        "model": record["model"],
        "label": record["label"],
        "task": record["task"],
        "status": _status({split["status"] for split in record["splits"]}),
    }
    if reasons := {s["reason"] for s in record["splits"] if s["status"] != "ok"}:
        tags["reason"] = "; ".join(sorted(reasons))[:5000]
    code = record.get("code", {})
    if code:
        tags |= {
            "mlflow.source.git.commit": code["commit"],
            "uncommitted_changes": str(code["uncommitted"]).lower(),
        }
    params = [Param(key, value[:LONGEST_PARAM]) for key, value in _params(record).items()]
    client.log_batch(run_id, tags=[RunTag(k, v) for k, v in tags.items()])
    for start in range(0, len(params), PARAMS_A_BATCH):
        client.log_batch(run_id, params=params[start : start + PARAMS_A_BATCH])
    metrics = _metrics(record)
    for start in range(0, len(metrics), METRICS_A_BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + METRICS_A_BATCH])
    source = json.dumps({"path": f"data/prepared/{record['dataset']}.parquet"})
    data = Dataset(record["dataset"], record["data_digest"], "local", source)
    client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "evaluation")])])
    for file in files:
        client.log_artifact(run_id, str(file))
    client.set_terminated(run_id, end_time=end)
    return run_id, True


def _status(found: Collection[str]) -> str:
    """What came of a run of several splits: of none that is ok, that they took too long first."""
    return next((status for status in ("ok", "timed out") if status in found), "unsuitable")


def _params(record: Record) -> dict[str, str]:
    """Settings by name; one that differs says what it is on which split."""
    params = _flat(record["settings"] | {key: record[key] for key in ("formula", "target")})
    own = {
        f"{split['protocol']} {split['split']}": _flat(split["settings"])
        for split in record["splits"]
        if "settings" in split
    }
    for name in dict.fromkeys(name for settings in own.values() for name in settings):
        values = {where: settings.get(name, "none") for where, settings in own.items()}
        if len(set(values.values())) == 1:
            params[name] = next(iter(values.values()))
        else:
            params[name] = "; ".join(f"{where}: {value}" for where, value in values.items())
    return params


def _metrics(record: Record) -> list[Any]:
    """Each score split by split (the step), then its mean and spread over the splits."""
    from mlflow.entities import Metric

    values: dict[str, list[tuple[int, float]]] = {}
    for split in record["splits"]:
        if split["status"] != "ok":
            continue
        scores = split["metrics"] | {k: split[k] for k in ("fit_seconds", "predict_seconds")}
        for metric, value in scores.items():
            if value == value:
                key = f"{split['protocol']}.{metric}"
                values.setdefault(key, []).append((split["split"], value))
    metrics = []
    for key, pairs in values.items():
        metrics += [Metric(f"{key}.split", value, 0, step) for step, value in pairs]
        only = [value for _, value in pairs]
        metrics.append(Metric(f"{key}.mean", statistics.fmean(only), 0, 0))
        if len(only) > 1:
            metrics.append(Metric(f"{key}.sd", statistics.stdev(only), 0, 0))
    return metrics


def _log_figures(
    client: Any, experiment: str, known: dict[str, list[Any]], figures: list[str]
) -> str:
    from mlflow.entities import RunTag

    digest = _digest(map(Path, figures))
    if (kept := _keep_or_clear(client, known.get("figures", []), digest)) is not None:
        return kept
    run_id = client.create_run(experiment, run_name="figures").info.run_id
    client.log_batch(run_id, tags=[RunTag("content_hash", digest)])
    for figure in figures:
        client.log_artifact(run_id, figure)
    client.set_terminated(run_id)
    return run_id


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as ``outer.inner`` -> text."""
    flat: dict[str, str] = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value if isinstance(value, str) else json.dumps(value)
    return flat


def _digest(paths: Iterable[Path], label: str = "") -> str:
    digest = hashlib.sha256(label.encode())
    for path in paths:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]
