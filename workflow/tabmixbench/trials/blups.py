"""Does lambda_KL = 1 / (mean group size) recover BLUPs and REML's variances (sections 3.1.3, 3.4)?

The claim is about linear models: no hidden layer, no dropout, no early stopping, trained until
nothing moves. The paper's model is fitted with both values of lambda_KL that it names; besides it
the model that its argument needs, with the prior's covariance learned and a full posterior. Each is
fitted from several seeds and held against the same formula's exact fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from tabmixbench.registry import Dataset
from tabmixbench.trials import standardised

LINEAR = {"hidden_dims": [], "dropout": 0.0, "validation_fraction": 0.0, "patience": None}
#: Long enough that twice as many epochs change the effects by less than a thousandth.
PAPER = {**LINEAR, "lr": 0.02, "epochs": 3000}
MODELS: dict[str, dict[str, Any]] = {
    "1 / mean group size": {**PAPER, "lambda_kl": "auto"},
    "0.01": {**PAPER, "lambda_kl": 0.01},
    "learned prior, full posterior": {
        **LINEAR,
        "embedding_dim": 1,
        "lambda_kl": "auto",
        "prior": "learned",
        "posterior": "joint",
        "expectation": "quadrature",
        "enforce_centering": False,
        "scheduler": "cosine",
        "lr": 0.05,
        "epochs": 800,
    },
}


def blups(cases: Iterable[tuple[Dataset, pd.DataFrame]], seeds: Iterable[int]) -> pd.DataFrame:
    """One row a (dataset, model, seed).

    Returns
    -------
    DataFrame
        ``error_reml`` and ``error_ml``: root mean square distance of the random part of the
        fitted values from that of the exact fit, relative to the latter's root mean square;
        ``shrinkage``: slope of the one on the other, 1 where they are equal; ``error_fixed``: the
        distance of the population's fitted values in standard deviations of the target;
        ``residual_variance`` over REML's.
    """
    return pd.DataFrame(row for dataset, data in cases for row in _case(dataset, data, list(seeds)))


def _case(dataset: Dataset, data: pd.DataFrame, seeds: list[int]) -> Iterator[dict[str, Any]]:
    from tabmixnn import TabMixNNRegressor

    data = standardised(dataset, data)
    exact = {
        name: TabMixNNRegressor(
            dataset.formula, inference="marginal", hidden_dims=[], reml=name == "reml"
        ).fit(data)
        for name in ("reml", "ml")
    }
    truth = {name: _parts(model, data) for name, model in exact.items()}
    for name, settings in MODELS.items():
        for seed in seeds:
            model = TabMixNNRegressor(dataset.formula, random_state=seed, **settings).fit(data)
            population, random = _parts(model, data)
            components = model.extract_parameters(data)["variance_components"]
            yield {
                "dataset": dataset.name,
                "model": name,
                "seed": seed,
                "error_reml": _distance(random, truth["reml"][1]),
                "error_ml": _distance(random, truth["ml"][1]),
                "shrinkage": float(np.polyfit(truth["reml"][1], random, 1)[0]),
                "error_fixed": float(np.sqrt(np.mean((population - truth["reml"][0]) ** 2))),
                "residual_variance": components["Residual"] / exact["reml"].sigma_ ** 2,
            }


def _parts(model: Any, data: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Fitted values of the population, and what the random effects add, each of shape (n,)."""
    population = np.asarray(model.predict(data, re_form="none"))
    return population, np.asarray(model.predict(data)) - population


def _distance(values: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((values - truth) ** 2) / np.mean(truth**2)))
