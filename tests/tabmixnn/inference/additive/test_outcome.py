"""Working responses are Newton's step; losses are those of the families."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tabmixnn.inference.additive.outcome import LEAST_WEIGHT, GaussianOutcome, WorkingOutcome
from tabmixnn.inference.marginal.response import Response

N = 30
RNG = np.random.default_rng(0)
ETA, OFFSET = RNG.normal(size=N), RNG.normal(size=N)
BINARY, COUNTS = RNG.integers(2, size=N) * 1.0, RNG.poisson(2.0, N) * 1.0
POSITIVE = RNG.gamma(2.0, size=N)


def logistic(eta):
    return 1.0 / (1.0 + np.exp(-eta))


CASES = {
    "binomial": (BINARY, lambda eta: stats.bernoulli(logistic(eta)).logpmf(BINARY)),
    "poisson": (COUNTS, lambda eta: stats.poisson(np.exp(eta)).logpmf(COUNTS)),
}


@pytest.fixture(params=CASES)
def case(request):
    y, loglik = CASES[request.param]
    return WorkingOutcome(Response(request.param, None, y, None), OFFSET), loglik


def test_working_responses_are_newtons_step(case):
    outcome, loglik = case
    step = 1e-4
    up, middle, down = loglik(ETA + step), loglik(ETA), loglik(ETA - step)
    slope, curvature = (up - down) / (2.0 * step), (up - 2.0 * middle + down) / step**2
    working, weights = outcome.working(ETA)
    np.testing.assert_allclose(weights, -curvature, rtol=1e-4)
    np.testing.assert_allclose(working + OFFSET, ETA - slope / curvature, rtol=1e-4)


def test_losses_are_minus_the_log_likelihood(case):
    outcome, loglik = case
    np.testing.assert_allclose(outcome.losses(ETA), -loglik(ETA), atol=1e-12)


def test_logistic_and_poisson_weights():
    p = logistic(ETA)
    _, weights = WorkingOutcome(Response("binomial", None, BINARY, None), OFFSET).working(ETA)
    np.testing.assert_allclose(weights, p * (1.0 - p))
    working, weights = WorkingOutcome(Response("poisson", None, COUNTS, None), OFFSET).working(ETA)
    np.testing.assert_allclose(weights, np.exp(ETA))
    np.testing.assert_allclose(working, ETA + COUNTS / np.exp(ETA) - 1.0 - OFFSET)


def test_saturated_rows_keep_a_little_weight():
    eta = np.where(np.arange(N) == 0, 40.0, ETA)
    working, weights = WorkingOutcome(Response("binomial", None, BINARY, None), OFFSET).working(eta)
    assert weights.min() == LEAST_WEIGHT * weights.max()
    assert np.isfinite(working).all()


def test_gaussian_outcomes_do_not_depend_on_the_predictor():
    weights = np.linspace(0.5, 2.0, N)
    outcome = GaussianOutcome(POSITIVE, OFFSET, weights)
    for eta in (ETA, ETA + 1.0):
        working, given = outcome.working(eta)
        np.testing.assert_array_equal(working, POSITIVE - OFFSET)
        np.testing.assert_array_equal(given, weights)
    np.testing.assert_allclose(outcome.losses(ETA), weights * (POSITIVE - ETA) ** 2)
    assert GaussianOutcome(POSITIVE, OFFSET).weights.tolist() == [1.0] * N


def test_some_of_the_responses():
    weights = np.linspace(1.0, 3.0, N)
    rows = np.array([3, 0, 7, 7])
    for outcome in (
        GaussianOutcome(POSITIVE, OFFSET, weights),
        WorkingOutcome(Response("gamma", "log", POSITIVE, weights), OFFSET, 0.4),
        WorkingOutcome(
            Response("binomial", None, np.column_stack([COUNTS, 9.0 - COUNTS]), None), OFFSET
        ),
    ):
        part = outcome.take(rows)
        assert part.dispersion == outcome.dispersion
        np.testing.assert_array_equal(part.offset, OFFSET[rows])
        np.testing.assert_array_equal(part.losses(ETA[rows]), outcome.losses(ETA)[rows])
        for mine, whole in zip(part.working(ETA[rows]), outcome.working(ETA), strict=True):
            np.testing.assert_allclose(mine, whole[rows])


def test_the_dispersion_of_gamma_outcomes_is_the_deviance_over_the_rows_left():
    mu = np.exp(ETA)
    y = np.random.default_rng(1).gamma(500.0, mu / 500.0)
    outcome = WorkingOutcome(Response("gamma", None, y, None), OFFSET, 0.01)
    outcome = outcome.rescaled(ETA, 10.0).rescaled(ETA, 10.0)
    deviance = 2.0 * (y / mu - 1.0 - np.log(y / mu)).sum()
    assert outcome.scale == pytest.approx(deviance / (N - 10.0), rel=0.01)


@pytest.mark.parametrize("size", [0.5, 20.0])
def test_the_dispersion_of_counts_is_the_likeliest(size):
    rng = np.random.default_rng(2)
    eta = rng.normal(2.0, 1.0, 20_000)
    y = rng.poisson(np.exp(eta) * rng.gamma(size, 1.0 / size, 20_000)).astype(float)
    outcome = WorkingOutcome(Response("nbinom2", None, y, None), np.zeros(20_000), 2.0)
    found = outcome.rescaled(eta, 5.0)
    assert found.scale == pytest.approx(size, rel=0.1)
    assert found.rescaled(eta, 5.0).scale == pytest.approx(found.scale, rel=1e-3)


def test_families_without_a_dispersion_keep_to_one(case):
    outcome, _ = case
    assert not outcome.has_scale
    assert WorkingOutcome(Response("gamma", None, POSITIVE, None), OFFSET).has_scale
