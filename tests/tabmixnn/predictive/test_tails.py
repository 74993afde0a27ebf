"""Tails of residuals."""

import numpy as np
import pytest
from scipy import stats

from tabmixnn.predictive import Tails, some_rows


def of(residuals):
    return Tails.of(residuals, np.full(len(residuals), 4.0), np.zeros(len(residuals)))


def test_normal_residuals_are_normal():
    rng = np.random.default_rng(0)
    found = [of(2.0 * rng.normal(size=n)) for n in (5, 20, 100, 1000) for _ in range(20)]
    assert sum(each == Tails() for each in found) >= 76


@pytest.mark.parametrize("df", [3.0, 7.0])
def test_long_tails_are_found_with_their_scale(df):
    residuals = 2.0 * stats.t.rvs(df, size=4000, random_state=1)
    found = of(residuals)
    assert found.df == df
    assert found.scale == pytest.approx(1.0, abs=0.05)


def test_residuals_have_less_variance_than_noise_where_they_were_fitted():
    rng = np.random.default_rng(0)
    known = np.linspace(0.0, 3.9, 2000)
    residuals = rng.normal(size=2000) * np.sqrt(4.0 - known)
    noise = np.full(2000, 4.0)
    assert Tails.of(residuals, noise, known) == Tails()
    assert Tails.of(residuals, noise, np.zeros(2000)).df < np.inf
    assert Tails.of(residuals[-5:], noise[-5:], noise[-5:]) == Tails()


def test_degrees_of_noise_and_of_its_estimated_variance():
    assert Tails().degrees(20.0) == pytest.approx(20.0)
    assert Tails(0.8, 5.0).degrees(20.0) == pytest.approx(4.0)


def test_some_rows_are_spread_over_all():
    np.testing.assert_array_equal(some_rows(4), [0, 1, 2, 3])
    chosen = some_rows(1_000_000)
    assert len(np.unique(chosen)) == 5000
    assert (chosen[0], chosen[-1]) == (0, 999_999)
