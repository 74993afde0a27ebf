"""Degrees of freedom of sums of variances."""

import numpy as np

from tabmixnn.predictive import summed_degrees


def test_of_sums_of_chi_squares():
    rng = np.random.default_rng(0)
    a = 2.0 * rng.chisquare(4, size=200_000) / 4
    b = 5.0 * rng.chisquare(30, size=200_000) / 30
    found = summed_degrees([(np.array([2.0]), 4), (np.array([5.0]), 30)])
    # The moments that define them: mean^2 / variance is half of the degrees.
    np.testing.assert_allclose(found, 2 * (a + b).mean() ** 2 / (a + b).var(), rtol=0.02)


def test_parts_of_nothing_do_not_count():
    found = summed_degrees([(np.array([0.0, 1.0]), 3), (np.array([2.0, 0.0]), 50)])
    np.testing.assert_allclose(found, [50, 3])


def test_of_nothing_at_all():
    assert summed_degrees([(np.zeros(2), 3), (np.zeros(2), 50)]).tolist() == [np.inf, np.inf]
