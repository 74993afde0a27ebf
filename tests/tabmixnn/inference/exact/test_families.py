"""Responses that families draw."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tabmixnn import TabMixNN
from tabmixnn.families import FAMILIES, Gaussian
from tabmixnn.inference.exact.families import EXACT_FAMILIES, get_exact_family, is_exact

COUNTS = ["poisson", "negative_binomial"]


@pytest.mark.parametrize("name", COUNTS)
def test_counts_of_any_size_can_be_drawn(name):
    mu = np.repeat([3.0, 1e14, 1e30, 1e290, np.inf], 400)
    drawn = EXACT_FAMILIES[name]().draw(np.random.default_rng(0), mu, np.ones(2000), 50.0)
    assert (drawn[:1600] < np.inf).all()
    np.testing.assert_allclose(drawn[:400].mean(), 3.0, rtol=0.1)
    np.testing.assert_allclose(drawn[400:1600] / mu[400:1600], 1.0, atol=0.8)


@pytest.mark.parametrize("name", COUNTS)
def test_draws_of_ordinary_means_are_those_of_numpy(name):
    mu, one = np.linspace(0.1, 80.0, 50), np.ones(50)
    drawn = EXACT_FAMILIES[name]().draw(np.random.default_rng(1), mu, one, 2.0)
    rng = np.random.default_rng(1)
    rate = mu if name == "poisson" else mu * rng.gamma(2.0, 0.5, 50)
    np.testing.assert_array_equal(drawn, rng.poisson(rate))


@pytest.mark.parametrize("family", COUNTS)
def test_a_far_row_does_not_cost_the_others_their_intervals(family):
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=120), "g": np.tile(list("abcdef"), 20)})
    data["y"] = rng.poisson(np.exp(0.5 + 0.5 * data["x"]))
    model = TabMixNN("y ~ x + (1 | g)", family=family, inference="marginal", hidden_dims=[])
    rows = data.head(5).copy()
    rows.loc[0, "x"] = 300.0
    found = np.asarray(model.fit(data).predict(rows, interval=0.9))
    assert np.isfinite(found).all()
    assert (found[0, 1:] > 1e18).all()
    assert (found[1:, 2] < 50.0).all()


class WideGaussian(Gaussian):
    """A family of one's own that has the name of a listed one."""


@pytest.mark.parametrize("name", sorted(EXACT_FAMILIES))
def test_names_listed_classes_and_its_own_objects_are_exact(name):
    exact = EXACT_FAMILIES[name]()
    for choice in (name, exact, FAMILIES[name]()):
        assert is_exact(choice)
        assert type(get_exact_family(choice)) is type(exact)


def test_a_family_of_ones_own_is_not_the_listed_one_of_its_name():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.normal(size=60), "g": np.tile(list("abcdef"), 10)})
    data["y"] = data["x"] + rng.normal(size=60)
    model = TabMixNN("y ~ x + (1 | g)", family=WideGaussian(), inference="auto", epochs=1)
    assert type(model.fit(data).family_) is WideGaussian
    assert list(model.summary(data).fixed.columns) == ["Estimate"]
    with pytest.raises(ValueError, match=r"a WideGaussian \(a family of your own\) network"):
        model.plot_residuals(data)
    model.set_params(inference="marginal", hidden_dims=[], epochs=100)
    with pytest.raises(ValueError, match="There is no family of your own for inference='marginal'"):
        model.fit(data)
