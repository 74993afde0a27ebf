"""What is particular to a family, and what it says about unsuitable responses."""

import warnings

import numpy as np
import pytest
import scipy.stats
import torch

from tabmixnn.families import (
    FAMILIES,
    Binomial,
    Gaussian,
    MultiLabelBinomial,
    Multinomial,
    MultivariateGaussian,
    Ordinal,
    StudentT,
    get_family,
)
from tabmixnn.heads import OutputHead

RNG = np.random.default_rng(0)
ETA = torch.tensor(RNG.normal(size=(6, 3)))


def test_gaussian_density():
    y = RNG.normal(size=6)
    dist = Gaussian().distribution(mu=ETA[:, 0], sigma=torch.tensor([0.7]))
    expected = scipy.stats.norm.logpdf(y, ETA[:, 0], 0.7)
    np.testing.assert_allclose(dist.log_prob(torch.tensor(y)), expected)


def test_gaussian_sees_a_standardised_response():
    y = RNG.normal(300, 50, size=200)
    z = Gaussian().response_scale(y).standardise(y)
    assert z.mean() == pytest.approx(0, abs=1e-12)
    assert z.std() == pytest.approx(1)


def test_binomial_density_and_mean():
    family = Binomial()
    dist = family.distribution(logits=ETA[:, 0])
    p = 1 / (1 + np.exp(-ETA[:, 0].numpy()))
    y = np.array([0, 1, 1, 0, 1, 0])
    expected = scipy.stats.bernoulli.logpmf(y, p)
    np.testing.assert_allclose(dist.log_prob(torch.tensor(y, dtype=torch.float64)), expected)
    np.testing.assert_allclose(family.mean(dist), p)


def test_binomial_does_not_saturate():
    dist = Binomial().distribution(logits=torch.tensor([200.0]))
    assert dist.log_prob(torch.tensor([0.0])).item() == pytest.approx(-200)


def test_binomial_names_what_it_found():
    with pytest.raises(ValueError, match="3 distinct values, among them 0, 1, 2"):
        Binomial().check_response(np.array([0.0, 1, 2]))


def test_multinomial_density_and_mean():
    family = Multinomial(3)
    dist = family.distribution(logits=ETA)
    p = np.exp(ETA.numpy())
    p /= p.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(family.mean(dist), p)
    y = np.array([0, 1, 2, 0, 1, 2])
    np.testing.assert_allclose(dist.log_prob(torch.tensor(y)), np.log(p[np.arange(6), y]))


def test_multinomial_learns_how_many_classes_there_are():
    assert Multinomial().bind(np.array([0.0, 2, 1])).parameters["logits"].size == 3


@pytest.mark.parametrize("y", [[0.0, 1.5], [-1.0, 0.0]])
def test_multinomial_needs_codes(y):
    with pytest.raises(ValueError, match="class codes"):
        Multinomial().check_response(np.array(y))


@pytest.mark.parametrize("family", [Multinomial, Ordinal])
def test_classes_that_do_not_occur_are_told(family):
    with pytest.warns(UserWarning, match=r"6 of those up to 8 do not occur \(0, 1, 2, 3, 5\)"):
        family().check_response(np.array([4.0, 6, 8]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        family(9).check_response(np.array([4.0, 6, 8]))
        family().check_response(np.array([2.0, 1, 0]))


def test_multinomial_refuses_codes_beyond_its_classes():
    with pytest.raises(ValueError, match="class code 2, but n_classes is 2"):
        Multinomial(2).check_response(np.array([0.0, 1, 2]))


def test_families_are_found_by_name():
    assert isinstance(get_family("binomial"), Binomial)
    family = Gaussian()
    assert get_family(family) is family
    with pytest.raises(ValueError, match="no family 'poison'; choose one of beta, binomial"):
        get_family("poison")
    with pytest.raises(TypeError, match="not int"):
        get_family(3)


BAD = [
    ("poisson", [0.0, 2, -1], "counts 0, 1, 2, ...; 1 of 3 values are not, such as -1"),
    ("poisson", [0.0, 2.5, 1], "such as 2.5"),
    ("negative_binomial", [0.0, 1, -3], "such as -3"),
    ("zero_inflated_poisson", [0.0, 0.0], "constant: all 2 values are 0"),
    ("gamma", [1.0, 0.0, -2], "values above 0; 2 of 3 values are not, such as -2, 0"),
    ("gamma", [3.0, 3.0], "constant: all 2 values are 3"),
    ("beta", [0.0, 0.5, 1], "both excluded; 2 of 3 values are not, such as 0, 1"),
    ("ordinal", [0.0, 1.5], "class codes 0, 1, 2"),
    ("ordinal", [2.0, 2.0], "two classes or more"),
    ("student_t", [2.0, 2.0], "constant"),
    ("weibull", [0.0, 1.0], "times above 0; 1 of 2 values are not, such as 0"),
    ("weibull", [[1.0, 2.0], [3, 1]], "1 \\(observed\\) or 0 \\(censored\\); 1 of 2"),
    ("weibull", [[1.0, 0.0], [3, 0]], "all 2 times are censored"),
    ("binomial", [[1.0, 0.5], [3, 1]], "whole counts of successes and failures; 1 of 4"),
    ("binomial", [[1.0, 2.0], [0, 0]], "1 of 2 rows have neither"),
    ("binomial", [[1.0, 0.0], [2, 0]], "no row of 2 has a failure"),
    ("multilabel_binomial", [[1.0, 0.0], [1, 1]], "label 1 is 1 in all 2 rows"),
    ("multilabel_binomial", [[1.0, 0.0], [0, 3]], "labels of 0 and 1; 1 of 4 .* such as 3"),
    ("multivariate_gaussian", [[1.0, 0.0], [1, 3]], "Column 1 .* constant"),
    ("multivariate_gaussian", [[1.0, 2.0], [2, 4], [4, 8]], "linearly dependent"),
]


@pytest.mark.parametrize(("name", "y", "message"), BAD)
def test_unsuitable_responses_are_named(name, y, message):
    with pytest.raises(ValueError, match=message):
        get_family(name).check_response(np.array(y))


def test_a_size_that_was_given_must_fit():
    with pytest.raises(ValueError, match="3 columns, but n_outcomes is 2"):
        MultivariateGaussian(2).check_response(RNG.normal(size=(9, 3)))
    with pytest.raises(ValueError, match="2 columns, but n_labels is 3"):
        MultiLabelBinomial(3).check_response(np.array([[0.0, 1], [1, 0]]))


def test_the_scale_of_student_t_ignores_outliers():
    y = np.append(RNG.normal(size=999), 1e6)
    assert StudentT().response_scale(y).scale == pytest.approx(1, abs=0.1)


def test_a_multivariate_scale_has_one_entry_a_column():
    y = RNG.normal(size=(50, 2)) * [1, 100] + [0, 7]
    z = MultivariateGaussian().response_scale(y).standardise(y)
    np.testing.assert_allclose(z.std(axis=0), 1)


@pytest.mark.parametrize(
    "name", ["poisson", "negative_binomial", "zero_inflated_poisson", "gamma", "weibull"]
)
def test_a_log_link_starts_where_the_mean_is(name):
    y = np.array([900.0, 1000, 1100, 1000])
    family = get_family(name)
    head = OutputHead(1, family).double()
    head.start_at(family.start(y))
    torch.nn.init.zeros_(next(iter(head.predicted.values())).weight)
    zero = torch.zeros(1, dtype=torch.float64)
    assert family.mean(head(zero[:, None], zero)).item() == pytest.approx(1000)


def test_ordinal_starts_at_the_shares_of_its_classes():
    y = np.repeat([0.0, 1, 2], [500, 300, 200])
    family = Ordinal(3)
    head = OutputHead(1, family).double()
    head.start_at(family.start(y))
    torch.nn.init.zeros_(head.predicted["eta"].weight)
    zero = torch.zeros(1, dtype=torch.float64)
    found = family.mean(head(zero[:, None], zero)).detach()[0]
    np.testing.assert_allclose(found, [0.5, 0.3, 0.2], atol=0.001)


def test_a_proportion_that_rounds_to_one_has_a_finite_density():
    family = get_family("beta")
    dist = family.distribution(torch.zeros(2), torch.ones(1))
    y = torch.tensor([1 - 1e-12, 1e-30], dtype=torch.float64).float()
    assert dist.log_prob(y).isfinite().all()


@pytest.mark.parametrize("name", ["gamma", "negative_binomial", "beta"])
def test_dispersion_starts_at_the_moments(name):
    rng = np.random.default_rng(0)
    samples = {
        "gamma": ("shape", 40.0, rng.gamma(40.0, 7 / 40, 5000)),
        "negative_binomial": ("phi", 5.0, rng.negative_binomial(5, 5 / (5 + 12), 5000)),
        "beta": ("phi", 30.0, rng.beta(6, 24, 5000)),
    }
    parameter, truth, y = samples[name]
    assert np.exp(get_family(name).start(y)[parameter])[0] == pytest.approx(truth, rel=0.1)


def test_counts_without_overdispersion_have_a_start():
    start = get_family("negative_binomial").start(np.array([3.0, 3, 3, 3]))
    assert np.isfinite(start["phi"]).all()


LATENT = {
    "student_t": lambda y: y.var(),
    "weibull": lambda y: y.log().var(),
    "beta": lambda y: y.logit().var(),
    "zero_inflated_poisson": lambda y: torch.log1p(y.var() / y.mean() ** 2),
}


@pytest.mark.parametrize("name", sorted(LATENT))
def test_the_variance_on_the_link_scale_is_that_of_samples(name):
    family = FAMILIES[name]()
    (location, _), *shared = family.parameters.items()
    values = {key: each.inverse_link(torch.tensor([1.5])) for key, each in shared}
    eta = torch.full((400_000,), 0.4, dtype=torch.float64)
    torch.manual_seed(0)
    dist = family.distribution(
        **{location: family.parameters[location].inverse_link(eta)}, **values
    )
    found = family.link_variance(float(family.mean(dist)[0]), **values)
    assert found == pytest.approx(float(LATENT[name](dist.sample())), rel=0.03)


def test_too_heavy_tails_have_no_variance():
    values = {"sigma": torch.ones(1), "df": torch.full((1,), 2.0)}
    assert FAMILIES["student_t"]().link_variance(0.0, **values) == np.inf


def test_a_family_that_does_not_say_its_variance_names_what_does_without():
    with pytest.raises(ValueError, match=r"multinomial family does not say .* extract_parameters"):
        FAMILIES["multinomial"]().link_variance(0.5)
