import numpy as np
import pytest

from tabmixbench.metrics import (
    HEADLINE,
    LARGER_IS_BETTER,
    SCORES,
    binary_scores,
    calibration_error,
    distribution_scores,
    regression_scores,
)


def test_regression_scores_by_hand():
    scores = regression_scores(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0]))
    assert scores["RMSE"] == pytest.approx(np.sqrt(5 / 3))
    assert scores["MAE"] == pytest.approx(1.0)
    assert scores["R2"] == pytest.approx(1 - 5 / (14 / 3))


def test_r2_is_undefined_for_one_test_row():
    assert np.isnan(regression_scores(np.array([1.0]), np.array([2.0]))["R2"])


def test_binary_scores_by_hand():
    scores = binary_scores(np.array([0, 0, 1, 1]), np.array([0.1, 0.6, 0.4, 0.9]))
    assert scores["accuracy"] == 0.5
    assert scores["AUROC"] == pytest.approx(0.75)
    assert scores["F1"] == pytest.approx(0.5)
    assert scores["logloss"] == pytest.approx(-np.mean(np.log([0.9, 0.4, 0.4, 0.9])))


def test_ranking_scores_are_undefined_with_one_class_in_the_test_rows():
    scores = binary_scores(np.array([1, 1]), np.array([0.5, 0.7]))
    assert np.isnan(scores["AUROC"])
    assert np.isnan(scores["AUPRC"])


def test_every_score_has_a_direction():
    y = np.array([0.0, 1.0, 1.0, 0.0])
    for task, score in SCORES.items():
        names = set(score(y, np.array([0.2, 0.7, 0.6, 0.4])))
        assert HEADLINE[task] in names
        assert names <= set(LARGER_IS_BETTER)


def test_crps_and_coverage_of_a_normal_distribution():
    rng = np.random.default_rng(0)
    y = rng.normal(1.0, 2.0, size=20_000)
    true = distribution_scores(y, np.full(len(y), 1.0), np.full(len(y), 2.0))
    assert true["coverage90"] == pytest.approx(0.9, abs=0.01)
    # The mean CRPS of the truth is sd / sqrt(pi).
    assert true["CRPS"] == pytest.approx(2 / np.sqrt(np.pi), abs=0.02)
    assert distribution_scores(y, np.zeros(len(y)), np.full(len(y), 9.0))["CRPS"] > true["CRPS"]


def test_calibration_error_is_the_distance_from_the_shares():
    y = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    assert calibration_error(y, np.full(8, 0.5)) == 0
    assert calibration_error(y, np.full(8, 0.9)) == pytest.approx(0.4)
    assert calibration_error(np.array([0, 1]), np.array([0.0, 1.0])) == 0
