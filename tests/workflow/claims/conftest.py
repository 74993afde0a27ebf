"""Scores of a small made-up run, and the paper's numbers."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from tabmixbench.adapters import load_models
from tabmixbench.claims import Evidence, load_claims
from tabmixbench.collect import COLUMNS
from tabmixbench.registry import load_registry
from tabmixbench.tables import Results

CONFIG = Path(__file__).resolve().parents[3] / "config"

#: suite, dataset, task, metric, model, scores of three splits.
SCORES = [
    ("regression", "sleepstudy", "regression", "RMSE", "tabmixnn_paper", (0.50, 0.52, 0.54)),
    ("regression", "sleepstudy", "regression", "RMSE", "xgboost", (1.00, 1.04, 1.08)),
    ("regression", "sleepstudy", "regression", "RMSE", "xgboost_ids", (0.40, 0.42, 0.44)),
    ("regression", "Milk", "regression", "RMSE", "tabmixnn_paper", (0.80, 0.81, 0.82)),
    ("regression", "Milk", "regression", "RMSE", "xgboost", (0.90, 0.92, 0.91)),
    ("regression", "Milk", "regression", "RMSE", "xgboost_ids", (0.60, 0.61, 0.62)),
    ("classification", "HI", "binary", "AUROC", "tabmixnn_paper", (0.87, 0.88, 0.89)),
    ("classification", "HI", "binary", "AUROC", "xgboost", (0.87, 0.86, 0.88)),
    ("classification", "HI", "binary", "AUROC", "xgboost_ids", (0.88, 0.86, 0.87)),
]


@pytest.fixture(scope="session")
def paper():
    return yaml.safe_load((CONFIG / "paper.yaml").read_text())


@pytest.fixture
def results(paper):
    rows = [
        (suite, dataset, task, model, "rows", k, metric, value, 2.0 + k, 0.018)
        for suite, dataset, task, metric, model, values in SCORES
        for k, value in enumerate(values)
    ]
    return Results(
        metrics=pd.DataFrame(rows, columns=COLUMNS),
        reasons=pd.DataFrame(
            columns=["suite", "dataset", "model", "protocol", "n_splits", "reason"]
        ),
        paper=paper,
        models=load_models(CONFIG / "models.yaml"),
        registry=load_registry(CONFIG / "datasets.yaml"),
    )


@pytest.fixture
def claims(results):
    """The paper's claims."""
    return load_claims(CONFIG / "claims.yaml", results.paper, results.models, results.registry)


@pytest.fixture
def evidence(results, tmp_path):
    return Evidence(results, tmp_path)


@pytest.fixture
def write(tmp_path):
    """Write a result file of the made-up run."""

    def write(name, **columns):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(columns).to_csv(path, index=False)

    return write
