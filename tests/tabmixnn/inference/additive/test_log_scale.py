"""The scale of skewed predictors."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.additive.log_scale import FEW_VALUES, LogScale

DOSES = np.array([6.25, 12.5, 25.0, 50.0, 100.0, 200.0])


def fit(x):
    return LogScale.fit(x, x.min(), x.max())


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_doses_that_double_are_far_from_each_other(turn):
    x = turn * DOSES
    scaled = fit(x)(x)
    steps = turn * np.diff(scaled)
    assert fit(x).is_reversed == (turn < 0.0)
    np.testing.assert_allclose(np.sort(scaled)[[0, -1]], [0.0, 1.0], atol=1e-12)
    assert steps.min() > 0.1  # on their own scale .03
    assert steps.max() < 0.4  # on their own scale .52


def test_the_logarithmic_half_has_the_median_in_the_middle():
    x = np.random.default_rng(0).lognormal(size=1001)
    scale = fit(x)
    u = (np.median(x) - x.min()) / (x.max() - x.min())
    assert 2.0 * scale(np.array([np.median(x)]))[0] - u == pytest.approx(0.5)


def test_it_increases_and_goes_on_beyond_the_ends():
    scale = fit(DOSES)
    x = np.linspace(-300.0, 1000.0, 2001)
    assert (np.diff(scale(x)) > 0.0).all()
    assert np.isfinite(scale(np.array([-1e9, 1e9]))).all()
    slopes = np.diff(scale(np.array([-200.0, -100.0, 0.0, 6.25]))) / [100.0, 100.0, 6.25]
    np.testing.assert_allclose(slopes, slopes[0])


@pytest.mark.parametrize(
    "x",
    [np.linspace(0.0, 1.0, 50), np.random.default_rng(1).normal(size=500), np.arange(8.0) ** 1.3],
    ids=["even", "normal", "slightly"],
)
def test_values_that_are_not_skewed_have_none(x):
    assert fit(x) is None


def test_neither_unit_nor_origin_matters():
    x = np.random.default_rng(2).gamma(0.7, size=300)
    np.testing.assert_allclose(fit(1e3 * x - 70.0)(1e3 * x - 70.0), fit(x)(x), rtol=1e-9)


def test_values_that_somebody_chose_count_once_each():
    x = np.repeat(DOSES, [1, 1, 1, 1, 1, 100])
    assert fit(x) == fit(DOSES)
    of_rows = np.concatenate([np.linspace(0.0, 1.0, FEW_VALUES), np.full(10 * FEW_VALUES, 0.1)])
    assert fit(of_rows).rate == pytest.approx((1.0 - 0.2) / 0.01)


def test_a_median_at_the_end_is_followed_so_far():
    x = np.append(np.full(400, 0.0) + np.arange(400) * 1e-9, 1.0)
    assert np.isfinite(fit(x).rate)
    assert fit(x).rate < 2500.0
