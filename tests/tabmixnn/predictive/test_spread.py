"""Variance functions of residuals."""

import numpy as np
import pytest
from scipy import stats

from tabmixnn.predictive.noise import Noise
from tabmixnn.predictive.spread import Spread
from tabmixnn.predictive.tails import Tails


def of(residuals, mean):
    return Spread.of(residuals, np.full(len(mean), 4.0), np.zeros(len(mean)), mean)


@pytest.mark.parametrize("n", [5, 40, 200, 2000])
@pytest.mark.parametrize("draw", [stats.norm, stats.t(4)])
def test_a_constant_variance_stays_constant(n, draw):
    rng = np.random.default_rng(n)
    found = [of(2.0 * draw.rvs(size=n, random_state=rng), rng.normal(size=n)) for _ in range(40)]
    assert sum(len(each.coefficients) == 1 for each in found) >= 35
    np.testing.assert_allclose(of(np.ones(n), np.arange(n)).factors(np.arange(n)), 1.0)


@pytest.mark.parametrize("curve", [[0.5, 0.0], [-0.3, 0.4]])
def test_a_variance_function_is_found(curve):
    rng = np.random.default_rng(0)
    mean = 50.0 + 10.0 * rng.uniform(-1.7, 1.7, size=4000)
    u = (mean - mean.mean()) / mean.std()
    truth = np.exp(curve[0] * u + curve[1] * u**2)
    found = of(2.0 * np.sqrt(truth) * rng.normal(size=4000), mean).factors(mean)
    assert found.mean() == pytest.approx(1.0)
    np.testing.assert_allclose(found, truth / truth.mean(), rtol=0.15)


def test_beyond_the_fitted_means_it_stays_what_it_is_at_the_ends():
    rng = np.random.default_rng(0)
    mean = np.linspace(0.0, 10.0, 500)
    found = of(np.exp(mean / 5.0) * rng.normal(size=500), mean)
    ends = found.factors(np.array([0.0, 10.0]))
    np.testing.assert_array_equal(found.factors(np.array([-1e6, 1e6])), ends)
    assert ends[1] / ends[0] == pytest.approx(np.exp(4.0), rel=0.5)


def test_rows_without_a_residual_of_their_own_do_not_count():
    rng = np.random.default_rng(0)
    mean = np.linspace(0.0, 1.0, 400)
    noise, known = np.full(400, 4.0), np.where(mean < 0.5, 3.9, 0.0)
    residuals = np.sqrt(noise - known) * rng.normal(size=400)
    assert Spread.of(residuals, noise, known, mean) == Spread()
    assert Spread.of(np.zeros(400), noise, known, mean) == Spread()
    assert Spread.of(residuals, noise, 0.0 * known, np.ones(400)) == Spread()


def test_a_variance_function_is_not_taken_for_long_tails():
    rng = np.random.default_rng(0)
    mean = np.linspace(0.0, 1.0, 3000)
    residuals = 2.0 * np.exp(2.0 * mean - 1.0) * rng.normal(size=3000)
    noise, known = np.full(3000, np.mean(residuals**2)), np.zeros(3000)
    assert Tails.of(residuals, noise, known).df < 30
    found = Noise.of(residuals, noise, known, mean)
    assert found.tails == Tails()
    assert len(found.spread.coefficients) == 2


def test_a_few_means_far_out_do_not_decide_for_all_others():
    """Of a lognormal outcome: a polynomial of the mean would differ by twenty decades."""
    rng = np.random.default_rng(0)
    mean = np.append(np.exp(rng.normal(size=400)), [200.0, 400.0])
    residuals = mean * rng.normal(size=402)
    found = of(residuals, mean).factors(mean)
    assert found.max() / found.min() <= 1.001e4
    usual = np.abs(mean - np.median(mean)) < 0.5
    assert np.mean(residuals[usual] ** 2) / np.mean(residuals**2) < np.median(found[usual]) * 100


def test_an_unbelievable_variance_function_is_none():
    rng = np.random.default_rng(0)
    mean = np.linspace(0.0, 1.0, 400)
    assert len(of(np.exp(4.0 * mean) * rng.normal(size=400), mean).coefficients) > 1
    assert of(np.exp(9.0 * mean) * rng.normal(size=400), mean) == Spread()
