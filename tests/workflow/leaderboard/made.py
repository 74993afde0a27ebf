"""Scores of models on six datasets, made up so that the answer is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tabmixbench.adapters import load_models
from tabmixbench.collect import COLUMNS
from tabmixbench.leaderboard.board import Standings
from tabmixbench.leaderboard.ranking import findings as findings_of
from tabmixbench.registry import load_registry
from tabmixbench.tables import Results

DATASETS = ["Machines", "Loblolly", "sleepstudy", "ChickWeight", "Oxboys", "Milk"]
MODELS = load_models("config/models.yaml")
REGISTRY = load_registry("config/datasets.yaml")
PAPER = yaml.safe_load(Path("config/paper.yaml").read_text())


ERRORS = {"tabmixnn_exact": 0.3, "catboost": 0.6, "xgboost_ids": 0.5, "lme4": 0.3, "constant": 1.0}


def made(errors, reasons=()):
    """Results of models with the given RMSE on every dataset, and a little noise."""
    rng = np.random.default_rng(0)
    rows = [
        ("regression", dataset, "regression", model, protocol, k, "RMSE",
         error + 0.001 * rng.normal(), 2.0, 0.1)
        for protocol in ("rows", "groups")
        for dataset in DATASETS
        for model, error in errors.items()
        for k in range(5)
    ]  # fmt: skip
    columns = ["suite", "dataset", "model", "protocol", "n_splits", "reason"]
    return Results(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(list(reasons), columns=columns),
        PAPER,
        MODELS,
        REGISTRY,
    )


def findings(results, board):
    """What is said of the ranking of a board."""
    return findings_of(Standings(results, board))
