"""Scores of a prediction, by task: what the paper's section 5.2.2 lists, and what it leaves out.

Log-loss and the calibration error say whether a probability can be trusted; CRPS and coverage
say it of the predictive distribution of a regression, where a model has one.
"""

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


def distribution_scores(y: np.ndarray, mean: np.ndarray, sd: np.ndarray) -> Scores:
    """Continuous ranked probability score, and how many rows a 90% interval covers.

    Parameters
    ----------
    y, mean, sd : ndarray of shape (n_test,)
        Outcomes, and mean and standard deviation of a normal predictive distribution.

    References
    ----------
    Gneiting and Raftery (2007), Strictly proper scoring rules, JASA 102, eq. 21.
    """
    from scipy.stats import norm

    z = (y - mean) / sd
    crps = sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    return {
        "CRPS": float(np.mean(crps)),
        "coverage90": float(np.mean(np.abs(z) <= norm.ppf(0.95))),
    }


def calibration_bins(y: np.ndarray, probability: np.ndarray, bins: int = 10) -> np.ndarray:
    """Mean probability, share of class 1 and rows of each bin of equal width.

    Parameters
    ----------
    y, probability : ndarray of shape (n_test,)
        0 or 1, and the probability of 1.
    bins : int
        Of equal width on [0, 1]; empty ones are left out.

    Returns
    -------
    ndarray of shape (at most bins, 3)
        Columns: mean probability, share of ones, rows.
    """
    bin_of = np.minimum((probability * bins).astype(int), bins - 1)
    rows = np.bincount(bin_of, minlength=bins)
    used = rows > 0
    sums = [np.bincount(bin_of, values, minlength=bins)[used] for values in (probability, y)]
    return np.stack([*(total / rows[used] for total in sums), rows[used]], axis=1)


def calibration_error(y: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error: mean distance of probability and share of ones over bins.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), On calibration of modern neural networks, eq. 3.
    """
    predicted, observed, rows = calibration_bins(y, probability, bins).T
    return float(np.sum(rows * np.abs(predicted - observed)) / rows.sum())


def binary_scores(y: np.ndarray, probability: np.ndarray) -> Scores:
    """Accuracy, AUROC, AUPRC, F1 (threshold 1/2), log-loss and expected calibration error.

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
        "ECE": calibration_error(y, probability),
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
    "ECE": False,
    "CRPS": False,
}
