"""Each family's density against scipy's, which has to be given in `REFERENCES`."""

import numpy as np
import pytest
import scipy.stats
import torch
from scipy.special import expit

from tabmixnn.families import FAMILIES
from tabmixnn.families.links import cholesky, ordered

RNG = np.random.default_rng(0)
ETA = RNG.normal(size=6)
MATRIX = RNG.normal(size=(6, 3))
TRIANGLE = np.array([0.3, -0.4, 0.1, 0.7, 0.2, -0.5])


def covariance():
    factor = cholesky(torch.tensor(TRIANGLE)).numpy()
    return factor @ factor.T


def softmax(eta):
    return np.exp(eta) / np.exp(eta).sum(axis=1, keepdims=True)


def cumulative(eta, thresholds):
    below = expit(thresholds - eta[:, None])
    return np.diff(np.column_stack([np.zeros(6), below, np.ones(6)]), axis=1)


def zero_inflated(y, rate, pi):
    return np.log(pi * (y == 0) + (1 - pi) * scipy.stats.poisson.pmf(y, rate))


def weibull(y, scale, shape):
    model = scipy.stats.weibull_min(shape, scale=scale)
    return np.where(y[:, 1] == 1, model.logpdf(y[:, 0]), model.logsf(y[:, 0]))


COUNTS = np.array([0.0, 3, 1, 0, 7, 2])
LABELS = RNG.integers(0, 2, size=(6, 3)).astype(float)
TRIALS = np.array([[0, 3], [2, 2], [5, 0], [1, 0], [4, 9], [7, 1]], dtype=float)
TIMES = np.column_stack([RNG.uniform(0.1, 3, 6), [1, 0, 1, 1, 0, 1]])
CLASSES = np.array([0, 1, 2, 0, 1, 2])
CONTINUOUS = RNG.normal(size=6)
SHARES = RNG.uniform(0.01, 0.99, 6)
THRESHOLDS = np.array([0.0, 1.3])
MEAN = np.exp(ETA)

# name: responses, parameters, the reference's log-density
REFERENCES = {
    "gaussian": (
        CONTINUOUS,
        {"mu": ETA, "sigma": [0.7]},
        scipy.stats.norm.logpdf(CONTINUOUS, ETA, 0.7),
    ),
    "binomial": (
        (COUNTS > 1).astype(float),
        {"logits": ETA},
        scipy.stats.bernoulli.logpmf(COUNTS > 1, expit(ETA)),
    ),
    "multinomial": (
        CLASSES,
        {"logits": MATRIX},
        np.log(softmax(MATRIX)[np.arange(6), CLASSES]),
    ),
    "poisson": (COUNTS, {"rate": MEAN}, scipy.stats.poisson.logpmf(COUNTS, MEAN)),
    "negative_binomial": (
        COUNTS,
        {"log_mu": ETA, "phi": [1.7]},
        scipy.stats.nbinom.logpmf(COUNTS, 1.7, 1.7 / (1.7 + MEAN)),
    ),
    "multivariate_gaussian": (
        MATRIX[::-1].copy(),
        {"mu": MATRIX, "scale_tril": cholesky(torch.tensor(TRIANGLE)).numpy()},
        [
            scipy.stats.multivariate_normal.logpdf(y, mu, covariance())
            for y, mu in zip(MATRIX[::-1], MATRIX, strict=True)
        ],
    ),
    "multilabel_binomial": (
        LABELS,
        {"logits": MATRIX},
        scipy.stats.bernoulli.logpmf(LABELS, expit(MATRIX)).sum(axis=1),
    ),
    "gamma": (
        TIMES[:, 0],
        {"mu": MEAN, "shape": [2.3]},
        scipy.stats.gamma.logpdf(TIMES[:, 0], 2.3, scale=MEAN / 2.3),
    ),
    "beta": (
        SHARES,
        {"logits": ETA, "phi": [4.2]},
        scipy.stats.beta.logpdf(SHARES, 4.2 * expit(ETA), 4.2 * expit(-ETA)),
    ),
    "ordinal": (
        CLASSES,
        {"eta": ETA, "thresholds": THRESHOLDS},
        np.log(cumulative(ETA, THRESHOLDS)[np.arange(6), CLASSES]),
    ),
    "student_t": (
        CONTINUOUS,
        {"mu": ETA, "sigma": [0.7], "df": [3.1]},
        scipy.stats.t.logpdf(CONTINUOUS, 3.1, ETA, 0.7),
    ),
    "zero_inflated_poisson": (
        COUNTS,
        {"rate": MEAN, "gate_logit": [-0.4]},
        zero_inflated(COUNTS, MEAN, expit(-0.4)),
    ),
    "weibull": (TIMES, {"log_scale": ETA, "shape": [1.6]}, weibull(TIMES, MEAN, 1.6)),
}


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_density_equals_the_reference(name):
    assert name in REFERENCES, (
        f"Give the family {name!r} a reference that is not its own code: an entry of REFERENCES "
        "with responses, parameters and their log-density, from scipy.stats or written out."
    )
    y, parameters, expected = REFERENCES[name]
    values = {key: torch.as_tensor(np.asarray(value)) for key, value in parameters.items()}
    found = FAMILIES[name]().distribution(**values).log_prob(torch.as_tensor(y))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_binomial_counts_equal_the_reference():
    family = FAMILIES["binomial"]().bind(TRIALS)
    dist = family.distribution(logits=torch.tensor(ETA))
    expected = scipy.stats.binom.logpmf(TRIALS[:, 0], TRIALS.sum(axis=1), expit(ETA))
    np.testing.assert_allclose(dist.log_prob(torch.tensor(TRIALS)), expected, rtol=1e-12)
    np.testing.assert_allclose(family.mean(dist), expit(ETA))


def test_uncensored_weibull_times_need_one_column():
    dist = FAMILIES["weibull"]().distribution(
        torch.tensor(ETA), torch.tensor([1.6], dtype=torch.float64)
    )
    expected = scipy.stats.weibull_min.logpdf(TIMES[:, 0], 1.6, scale=MEAN)
    np.testing.assert_allclose(dist.log_prob(torch.tensor(TIMES[:, 0])), expected, rtol=1e-12)


def test_means_equal_the_references():
    eta = torch.tensor(ETA)
    shape = torch.tensor([1.6], dtype=torch.float64)
    means = {
        "weibull": (
            FAMILIES["weibull"]().distribution(eta, shape),
            scipy.stats.weibull_min.mean(1.6, scale=MEAN),
        ),
        "negative_binomial": (
            FAMILIES["negative_binomial"]().distribution(eta, shape),
            scipy.stats.nbinom.mean(1.6, 1.6 / (1.6 + MEAN)),
        ),
        "gamma": (FAMILIES["gamma"]().distribution(eta.exp(), shape), MEAN),
        "beta": (FAMILIES["beta"]().distribution(eta, shape), expit(ETA)),
    }
    for dist, expected in means.values():
        np.testing.assert_allclose(dist.mean, expected, rtol=1e-12)


def test_ordinal_keeps_its_precision_in_both_tails():
    far = torch.tensor([-60.0, 60.0], dtype=torch.float64)
    family = FAMILIES["ordinal"](3)
    dist = family.distribution(far, ordered(torch.zeros(1, dtype=torch.float64)))
    found = dist.log_prob(torch.tensor([1, 1]))
    np.testing.assert_allclose(found, [-60 + np.log(1 - np.exp(-1)), -59 + np.log(1 - np.exp(-1))])


@pytest.mark.parametrize("rate", [5.0, 1e4])
def test_zero_inflated_counts_have_a_curvature_however_large_they_are(rate):
    eta = torch.tensor([rate, rate], dtype=torch.float64).log().requires_grad_(True)
    dist = FAMILIES["zero_inflated_poisson"]().distribution(
        eta.exp(), torch.zeros(1, dtype=torch.float64)
    )
    loglik = dist.log_prob(torch.tensor([0.0, rate], dtype=torch.float64)).sum()
    (score,) = torch.autograd.grad(loglik, eta, create_graph=True)
    (slope,) = torch.autograd.grad(score.sum(), eta)
    # Of a zero: p (1 - p) rate^2 - p rate, where p says how likely it was counted.
    counted = expit(-rate)
    expected = [counted * (1 - counted) * rate**2 - counted * rate, -rate]
    np.testing.assert_allclose(slope, expected, rtol=1e-9, atol=1e-12)
