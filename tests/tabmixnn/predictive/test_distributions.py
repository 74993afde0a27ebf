"""Predictive distributions and conformal factors by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tabmixnn.predictive import (
    Calibration,
    DrawnPredictive,
    NormalPredictive,
    conformal_factor,
)


def test_normal_and_t_quantiles():
    mean, std = np.array([1.0, -2.0]), np.array([2.0, 0.5])
    for df in (np.inf, 5):
        found = NormalPredictive(mean, std, df).quantile(0.9)
        np.testing.assert_allclose(found, stats.t(df, mean, std).ppf(0.9))


def test_draws_in_blocks_are_draws_of_all_rows():
    mean = np.linspace(-1, 1, 5000)
    scores = stats.norm.ppf((np.arange(999) + 0.5) / 999)[:, None]
    found = DrawnPredictive(lambda rows: mean[rows] + 2 * scores, len(mean))
    np.testing.assert_allclose(found.mean, mean, atol=1e-9)
    np.testing.assert_allclose(found.std, 2, rtol=1e-2)
    np.testing.assert_allclose(found.quantile(0.95), mean + 2 * stats.norm.ppf(0.95), atol=1e-2)


def test_quantiles_of_counts_are_counts():
    draws = np.random.default_rng(0).poisson(3.0, (100, 4))
    found = DrawnPredictive(lambda rows: draws[:, rows], 4, discrete=True)
    assert set(found.quantile(0.9)) <= set(range(20))


def test_the_conformal_factor_is_an_order_statistic():
    scores = np.arange(1.0, 20.0)
    assert conformal_factor(scores, 0.9, "known") == 18.0
    assert conformal_factor(scores, 0.5, "known") == 10.0
    with pytest.raises(ValueError, match="needs 9 held-out rows of new groups"):
        conformal_factor(np.ones(8), 0.9, "new")


def test_conformal_intervals_cover_whatever_the_distribution():
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(300):
        y = rng.standard_cauchy(40)
        found = Calibration.of(y[:39], np.zeros(39), np.ones(39), np.zeros(39, dtype=bool))
        shares.append(abs(y[39]) <= found.factors(0.8, np.zeros(1, dtype=bool))[0])
    assert np.mean(shares) == pytest.approx(0.8, abs=0.07)


def test_known_and_new_groups_count_apart():
    is_new = np.arange(40) % 2 == 1
    found = Calibration.of(np.where(is_new, 5.0, 1.0), np.zeros(40), np.ones(40), is_new)
    np.testing.assert_array_equal(found.factors(0.9, is_new[:4]), [1, 5, 1, 5])
