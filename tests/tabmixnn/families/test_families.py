"""Families against scipy's densities, and what they say about unsuitable responses."""

import numpy as np
import pytest
import scipy.stats
import torch

from tabmixnn.families import FAMILIES, Binomial, Gaussian, Multinomial, get_family

RNG = np.random.default_rng(0)
ETA = torch.tensor(RNG.normal(size=(6, 3)))
SAMPLES = {
    "gaussian": RNG.normal(size=20),
    "binomial": np.array([0.0, 1, 1, 0]),
    "multinomial": np.array([0.0, 1, 2, 1]),
}


@pytest.mark.parametrize("name", sorted(FAMILIES))
class TestEveryFamily:
    def test_it_says_what_it_is(self, name):
        family = FAMILIES[name]()
        assert family.name == name
        assert family.data_type
        assert family.link

    def test_its_first_parameter_is_predicted(self, name):
        family = FAMILIES[name]().bind(SAMPLES[name])
        assert next(iter(family.parameters.values())).predicted

    def test_it_accepts_its_own_data(self, name):
        FAMILIES[name]().check_response(SAMPLES[name])

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_missing_and_infinite_responses_are_refused(self, name, bad):
        y = SAMPLES[name].copy()
        y[1] = bad
        with pytest.raises(ValueError, match=rf"{name} .* 1 of {len(y)} values"):
            FAMILIES[name]().check_response(y)

    def test_a_constant_response_is_refused(self, name):
        with pytest.raises(ValueError, match=r"constant|both classes|two classes"):
            FAMILIES[name]().check_response(np.ones(5))

    def test_two_columns_are_refused(self, name):
        with pytest.raises(ValueError, match=r"shape \(5, 2\)"):
            FAMILIES[name]().check_response(np.ones((5, 2)))

    def test_the_response_scale_goes_there_and_back(self, name):
        y = SAMPLES[name]
        scale = FAMILIES[name]().response_scale(y)
        np.testing.assert_allclose(scale.restore(scale.standardise(y)), y)


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


def test_multinomial_refuses_codes_beyond_its_classes():
    with pytest.raises(ValueError, match="class code 2, but n_classes is 2"):
        Multinomial(2).check_response(np.array([0.0, 1, 2]))


def test_families_are_found_by_name():
    assert isinstance(get_family("binomial"), Binomial)
    family = Gaussian()
    assert get_family(family) is family
    with pytest.raises(ValueError, match="no family 'poison'; choose one of binomial"):
        get_family("poison")
    with pytest.raises(TypeError, match="not int"):
        get_family(3)
