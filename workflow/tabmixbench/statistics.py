"""Tests of differences between models over repeated splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PairedTest:
    """A paired difference over splits: its mean, its standard error, t and two-sided p."""

    mean: float
    standard_error: float
    t: float
    p: float


def corrected_resampled_t(difference: np.ndarray, test_to_train: float) -> PairedTest:
    """t-test of paired differences over random splits that share training rows.

    The variance of the mean is inflated by n_test/n_train because the training sets overlap.

    Parameters
    ----------
    difference : ndarray of shape (n_splits,)
        Score of one model minus score of the other, split by split.
    test_to_train : float
        Rows in a test set over rows in a training set (1/4 for an 80/20 split).

    References
    ----------
    Nadeau and Bengio (2003), Inference for the generalization error, Machine Learning 52, eq. 9.
    """
    from scipy.stats import t as student

    difference = np.asarray(difference, dtype=float)
    k = len(difference)
    mean = float(difference.mean())
    if k < 2:
        return PairedTest(mean, float("nan"), float("nan"), float("nan"))
    se = float(np.sqrt((1 / k + test_to_train) * difference.var(ddof=1)))
    if se == 0.0:
        return PairedTest(
            mean, 0.0, 0.0 if mean == 0 else float(np.sign(mean) * np.inf), float(mean == 0)
        )
    t = mean / se
    return PairedTest(mean, se, t, float(2 * student.sf(abs(t), k - 1)))


def mean_ranks(scores: np.ndarray, larger_is_better: bool) -> np.ndarray:
    """Mean rank of each model over datasets, 1 = best, ties averaged.

    Parameters
    ----------
    scores : ndarray of shape (n_datasets, n_models)
        NaN ranks last.
    """
    from scipy.stats import rankdata

    signed = -scores if larger_is_better else scores
    return rankdata(np.where(np.isnan(signed), np.inf, signed), axis=1).mean(axis=0)


@dataclass(frozen=True)
class Friedman:
    """Friedman's test of equal mean ranks, and critical differences of two of them.

    Attributes
    ----------
    models, datasets : int
    p : float
    critical_difference : float
        Nemenyi's, for all pairs.
    control_difference : float
        Bonferroni and Dunn's, for the pairs of one model with each other one.
    """

    models: int
    datasets: int
    p: float
    critical_difference: float
    control_difference: float


def friedman(scores: np.ndarray, larger_is_better: bool, level: float = 0.05) -> Friedman:
    """Test whether models rank alike, in Iman and Davenport's F form.

    Parameters
    ----------
    scores : ndarray of shape (n_datasets, n_models)
        NaN ranks last.
    level : float
        Of the critical differences.

    References
    ----------
    Demšar (2006), Statistical comparisons of classifiers over multiple data sets, Journal of
    Machine Learning Research 7, section 3.2.
    """
    from scipy.stats import f, norm, studentized_range

    n, k = scores.shape
    ranks = mean_ranks(scores, larger_is_better)
    chi2 = 12 * n / (k * (k + 1)) * float(np.sum((ranks - (k + 1) / 2) ** 2))
    room = n * (k - 1) - chi2
    p = 0.0 if room <= 0 else float(f.sf((n - 1) * chi2 / room, k - 1, (k - 1) * (n - 1)))
    q = float(studentized_range.ppf(1 - level, k, np.inf)) / np.sqrt(2)
    control = float(norm.isf(level / (2 * (k - 1))))
    error = float(np.sqrt(k * (k + 1) / (6 * n)))
    return Friedman(k, n, p, q * error, control * error)
