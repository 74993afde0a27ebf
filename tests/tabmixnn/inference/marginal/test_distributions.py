"""Distributions and links: every derivative against differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tabmixnn.inference.marginal.distributions import DISTRIBUTIONS
from tabmixnn.inference.marginal.links import LINKS
from tabmixnn.inference.marginal.response import Response

STEP = 1e-5


@pytest.mark.parametrize("name", sorted(LINKS))
def test_link_inverts_and_differentiates(name):
    link = LINKS[name]()
    eta = np.linspace(-3.0, 1.5, 40)
    mu, *derivatives = link.inverse(eta)
    np.testing.assert_allclose(link.link(mu), eta, atol=1e-9)
    ahead, behind = link.inverse(eta + STEP), link.inverse(eta - STEP)
    for order, derivative in enumerate(derivatives):
        differences = (ahead[order] - behind[order]) / (2 * STEP)
        np.testing.assert_allclose(derivative, differences, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", sorted(LINKS))
def test_link_stays_finite_far_out(name):
    values = LINKS[name]().inverse(np.array([-200.0, -40.0, 40.0, 200.0]))
    assert np.isfinite(values).all()


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    return {
        "binomial": (rng.integers(0, 2, 30).astype(float), rng.uniform(0.1, 0.9, 30)),
        "poisson": (rng.poisson(3.0, 30).astype(float), rng.uniform(0.5, 5.0, 30)),
        "nbinom2": (rng.poisson(3.0, 30).astype(float), rng.uniform(0.5, 5.0, 30)),
        "gamma": (rng.gamma(2.0, 2.0, 30), rng.uniform(0.5, 5.0, 30)),
    }


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_mean_derivatives_equal_differences(name, values):
    distribution = DISTRIBUTIONS[name]()
    y, mu = values[name]
    one = np.ones_like(y)
    first, second, third = distribution.mean_derivatives(y, mu, 1.7)
    ahead = distribution.log_density(y, one, mu + STEP, 1.7)
    behind = distribution.log_density(y, one, mu - STEP, 1.7)
    np.testing.assert_allclose(first, (ahead - behind) / (2 * STEP), rtol=1e-6, atol=1e-7)
    ahead = distribution.mean_derivatives(y, mu + STEP, 1.7)
    behind = distribution.mean_derivatives(y, mu - STEP, 1.7)
    np.testing.assert_allclose(second, (ahead[0] - behind[0]) / (2 * STEP), rtol=1e-5)
    np.testing.assert_allclose(third, (ahead[1] - behind[1]) / (2 * STEP), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", [n for n, d in DISTRIBUTIONS.items() if d.has_dispersion])
def test_dispersion_derivatives_equal_differences(name, values):
    distribution = DISTRIBUTIONS[name]()
    y, mu = values[name]
    one = np.ones_like(y)
    found = distribution.dispersion_derivatives(y, mu, 1.7)
    plain = [distribution.log_density(y, one, mu, 1.7 + s) for s in (STEP, -STEP)]
    slopes = [distribution.mean_derivatives(y, mu, 1.7 + s) for s in (STEP, -STEP)]
    np.testing.assert_allclose(found[0], (plain[0] - plain[1]) / (2 * STEP), rtol=1e-6, atol=1e-8)
    for order in (0, 1):
        differences = (slopes[0][order] - slopes[1][order]) / (2 * STEP)
        np.testing.assert_allclose(found[order + 1], differences, rtol=1e-6, atol=1e-8)


def test_densities_have_their_constants(values):
    one = np.ones(30)
    y, mu = values["poisson"]
    found = DISTRIBUTIONS["poisson"]().log_density(y, one, mu, 1.0)
    np.testing.assert_allclose(found, stats.poisson.logpmf(y, mu), rtol=1e-10)
    found = DISTRIBUTIONS["nbinom2"]().log_density(y, one, mu, 1.7)
    np.testing.assert_allclose(found, stats.nbinom.logpmf(y, 1.7, 1.7 / (1.7 + mu)), rtol=1e-9)
    y, mu = values["gamma"]
    found = DISTRIBUTIONS["gamma"]().log_density(y, one, mu, 0.4)
    np.testing.assert_allclose(found, stats.gamma.logpdf(y, 2.5, scale=mu / 2.5), rtol=1e-9)
    _, mu = values["binomial"]
    found = DISTRIBUTIONS["binomial"]().log_density(np.full(30, 0.25), 8.0 * one, mu, 1.0)
    np.testing.assert_allclose(found, stats.binom.logpmf(2, 8, mu), rtol=1e-10)


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_canonical_shortcut_equals_the_chain_rule(name, values):
    y, mu = values[name]
    for link in DISTRIBUTIONS[name].links:
        response = Response(name, link, y, None)
        eta = response.link.link(mu) if link != "log" else np.log(mu)
        rows = response.rows(eta, 1.3)
        ahead, behind = response.rows(eta + STEP, 1.3), response.rows(eta - STEP, 1.3)
        for value, derivative in (
            ("loglik", rows.score),
            ("score", -rows.weight),
            ("weight", rows.weight_slope),
        ):
            differences = (getattr(ahead, value) - getattr(behind, value)) / (2 * STEP)
            np.testing.assert_allclose(derivative, differences, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("name", "link"), [("binomial", "logit"), ("poisson", "log")])
def test_canonical_kernel_equals_the_density(name, link, values):
    y, mu = values[name]
    weights = np.full(len(y), 8.0 if name == "binomial" else 1.5)
    y = np.round(y * weights) / weights if name == "binomial" else y
    response = Response(name, link, y, weights)
    eta = response.link.link(mu)
    expected = response.distribution.log_density(y, weights, mu, 1.0)
    np.testing.assert_allclose(response.rows(eta).loglik, expected, rtol=1e-10, atol=1e-12)
    part = response.take(np.array([3, 1]))
    np.testing.assert_allclose(part.rows(eta[[3, 1]]).loglik, expected[[3, 1]], rtol=1e-10)


def test_binomial_likelihood_falls_where_the_mean_rounds_to_its_bound():
    response = Response("binomial", None, np.array([0.0, 1.0]), None)
    np.testing.assert_allclose(response.rows(np.array([60.0, -500.0])).loglik, [-60.0, -500.0])


def test_negative_binomial_of_huge_size_is_poisson():
    y, mu = np.array([0.0, 1.0, 3.0, 40.0]), np.array([0.5, 2.0, 2.5, 33.0])
    one = np.ones(4)
    found = DISTRIBUTIONS["nbinom2"]().log_density(y, one, mu, 1e12)
    np.testing.assert_allclose(found, stats.poisson.logpmf(y, mu), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_multipliers_of_counts_are_of_their_whole_log_likelihood(link):
    """As those of any family are, and as glm() and glmer() have it."""
    rng = np.random.default_rng(1)
    trials, eta = rng.integers(1, 9, 20), rng.normal(size=20)
    successes, multipliers = rng.binomial(trials, 0.4), rng.uniform(0.5, 3.0, 20)
    counts = np.column_stack([successes, trials - successes])
    response = Response("binomial", link, counts, multipliers)
    expected = multipliers * stats.binom.logpmf(successes, trials, response.mean(eta))
    np.testing.assert_allclose(response.rows(eta).loglik, expected, rtol=1e-10)
    chosen = np.array([3, 11, 4])
    part = response.take(chosen).rows(eta[chosen]).loglik
    np.testing.assert_allclose(part, expected[chosen], rtol=1e-10)
    twice = response.rows(np.column_stack([eta, eta])).loglik
    np.testing.assert_allclose(twice[:, 1], expected, rtol=1e-10)


def test_events_are_what_tells_of_effects():
    one = np.ones(4)
    y = np.array([1.0, 0.0, 1.0, 1.0])
    assert DISTRIBUTIONS["binomial"]().events(y, one) == 1.0
    assert DISTRIBUTIONS["binomial"]().events(1.0 - y, 2.0 * one) == 2.0
    assert DISTRIBUTIONS["poisson"]().events(np.array([0.0, 3.0, 0.0, 2.0]), one) == 5.0
    assert DISTRIBUTIONS["gamma"]().events(y + 1.0, one) == 4.0


@pytest.mark.parametrize("name", ["poisson", "nbinom2"])
def test_counts_without_an_event_have_a_start(name):
    distribution, y = DISTRIBUTIONS[name](), np.zeros(5)
    np.testing.assert_array_equal(distribution.start_mean(y, np.ones(5)), np.full(5, 0.1))
    y[2] = 5.0
    np.testing.assert_array_equal(distribution.start_mean(y, np.ones(5)), [0.5, 0.5, 3.0, 0.5, 0.5])
