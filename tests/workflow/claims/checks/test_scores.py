"""Scores, and cells of tables."""

from dataclasses import replace

import pandas as pd
import pytest

from tabmixbench.claims.checks import CHECKS
from tabmixbench.claims.checks.scores import chance
from tabmixbench.claims.claim import Claim
from tabmixbench.claims.verdict import verdict
from tests.workflow.claims.look import look


def test_a_score_is_the_models_mean_and_spread(evidence):
    found = look(
        evidence, "score", 0.52, suite="regression", dataset="sleepstudy", metric="RMSE",
        models=["tabmixnn_paper"],
    )  # fmt: skip
    assert found.value == pytest.approx(0.52)
    assert found.spread == pytest.approx(0.02)


def test_of_several_models_the_nearest_is_held_against_the_paper(evidence):
    found = look(
        evidence, "score", 1.04, suite="regression", dataset="sleepstudy", metric="RMSE",
        models=["xgboost", "xgboost_ids"],
    )  # fmt: skip
    assert found.value == pytest.approx(1.04)
    assert "XGBoost (ids): 0.420" in found.note


def with_guesses(evidence):
    """A model that predicts the same for every row, on two splits; a deviation is 50 ms."""
    guesses = {"RMSE": (1.0, 1.2), "MSE": (2500.0, 3600.0), "R2": (0.0, -0.02)}
    rows = [
        ("regression", "sleepstudy", "regression", "constant", "rows", k, metric, value, 1.0, 0.1)
        for metric, values in guesses.items()
        for k, value in enumerate(values)
    ]
    results = evidence.results
    frame = pd.concat([results.metrics, pd.DataFrame(rows, columns=results.metrics.columns)])
    return replace(evidence, results=replace(results, metrics=frame))


def test_guessing_is_what_the_constant_model_scores(evidence):
    results = with_guesses(evidence).results
    assert chance(results, "sleepstudy", "RMSE") == pytest.approx(1.1)
    assert chance(results, "sleepstudy", "R2") == pytest.approx(-0.01)
    assert chance(results, "sleepstudy", "RMSE_units") == pytest.approx(55.0)
    assert chance(results, "Milk", "RMSE") == 0  # not run
    assert chance(results, "HI", "AUROC") == 0.5


def test_scores_are_told_from_guessing(evidence, write):
    guessed = with_guesses(evidence)
    settings = {"suite": "regression", "dataset": "sleepstudy"}
    one = {"models": ["xgboost"], "metric": "RMSE", **settings}
    found = look(guessed, "score", 1.04, "score", **one)
    assert found.chance == pytest.approx(1.1)
    claim = Claim("x", "5", "x", "score", "score", {}, 1.04, 2)
    assert verdict(claim, found) == "cannot be tested"
    assert verdict(claim, look(evidence, "score", 1.04, "score", **one)) == "reproduced"
    write("tables/t.csv", row=["a"], RMSE_mean=[45.0], RMSE_sd=[1.0], R2_mean=[0.5], R2_sd=[0.1])
    cell = {"table": "t", "row": "a", "dataset": "sleepstudy"}
    in_ms = look(guessed, "table_cell", 45.0, column="RMSE", guess="RMSE_units", **cell)
    assert in_ms.chance == pytest.approx(55.0)
    assert look(guessed, "table_cell", 0.5, column="R2", **cell).chance == pytest.approx(-0.01)


def test_a_further_training_is_called_what_it_is_with_the_epochs_it_kept(claims, evidence, write):
    row = {"row": ["learning_rate/lr_0.0001"], "RMSE_units_mean": [54.4], "RMSE_units_sd": [9.5]}
    longer = {"converged_RMSE_units_mean": [54.4], "converged_best_epochs": ["1, 32, 34, 81, 15"]}
    write("tables/table7.csv", **row, **longer)
    (claim,) = (c for c in claims if c.id == "table7/learning_rate/lr_0.0001/rmse")
    note = CHECKS[claim.check](evidence, claim, **claim.settings).note
    assert "until converged" not in note
    assert note == "up to 2,000 epochs, patience 100: 54.400 (best epochs 1, 32, 34, 81, 15)"


def test_a_score_not_there_names_its_target(evidence):
    found = look(
        evidence, "score", 0.1, suite="regression", dataset="Oxboys", metric="RMSE",
        models=["tabmixnn_paper"],
    )  # fmt: skip
    assert found.missing == "results/regression/Oxboys.csv"
