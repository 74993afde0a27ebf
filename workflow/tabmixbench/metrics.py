"""Scores of a prediction, by task: what the paper's section 5.2.2 lists, and log-loss."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Scores = dict[str, float]


def regression_scores(y: np.ndarray, prediction: np.ndarray) -> Scores:
    """RMSE, MAE and R² of predictions on the scale of `y`.

    Parameters
    ----------
    y, prediction : ndarray of shape (n_test,)
        In units of the training standard deviation.
    """
    error = y - prediction
    spread = float(np.sum((y - y.mean()) ** 2))
    return {
        "RMSE": float(np.sqrt(np.mean(error**2))),
        "MAE": float(np.mean(np.abs(error))),
        # One test row, or all equal: R² is undefined, and the table says so.
        "R2": 1.0 - float(np.sum(error**2)) / spread if spread > 0 else float("nan"),
    }


def binary_scores(y: np.ndarray, probability: np.ndarray) -> Scores:
    """Accuracy, AUROC, AUPRC, F1 (threshold 1/2) and log-loss.

    Parameters
    ----------
    y : ndarray of shape (n_test,)
        0 or 1.
    probability : ndarray of shape (n_test,)
        Of class 1.
    """
    from sklearn.metrics import average_precision_score, f1_score, log_loss, roc_auc_score

    label = probability >= 0.5
    both = 0 < y.sum() < len(y)
    return {
        "accuracy": float(np.mean(label == (y == 1))),
        "AUROC": float(roc_auc_score(y, probability)) if both else float("nan"),
        "AUPRC": float(average_precision_score(y, probability)) if both else float("nan"),
        "F1": float(f1_score(y, label, zero_division=0)),
        "logloss": float(log_loss(y, np.clip(probability, 1e-7, 1 - 1e-7), labels=[0, 1])),
    }


SCORES: dict[str, Callable[[np.ndarray, np.ndarray], Scores]] = {
    "regression": regression_scores,
    "binary": binary_scores,
}

#: The metric a task is ranked by, and whether larger is better.
HEADLINE = {"regression": "RMSE", "binary": "AUROC"}
LARGER_IS_BETTER = {
    "RMSE": False,
    "MAE": False,
    "R2": True,
    "MSE": False,
    "accuracy": True,
    "AUROC": True,
    "AUPRC": True,
    "F1": True,
    "logloss": False,
}
