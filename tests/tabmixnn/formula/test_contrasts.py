"""Codings of factors."""

import numpy as np
import pytest

from tabmixnn.formula.contrasts import CONTRASTS

# Of R 4.2.2, contr.poly(n)[row, column], rows and columns from 1.
REFERENCE = {
    (3, 1, 1): -0.7071068,
    (7, 2, 5): 0.4364358,
    (7, 7, 6): 0.03289758,
    (20, 3, 10): 0.3857703,
    (90, 1, 1): -0.1805567,
    (90, 2, 5): -0.1961598,
}


@pytest.mark.parametrize("size", [2, 3, 10, 52, 90, 400])
def test_trends_are_orthonormal_for_any_number_of_levels(size):
    trends = CONTRASTS["poly"].matrix(size)
    assert trends.shape == (size, size - 1)
    np.testing.assert_allclose(trends.T @ trends, np.eye(size - 1), atol=1e-12)
    np.testing.assert_allclose(trends.sum(axis=0), 0.0, atol=1e-12)
    for degree in range(1, min(size, 6)):
        # Polynomials of its degree leave nothing of it.
        powers = np.vander(np.linspace(-1.0, 1.0, size), degree + 1)
        rest = (
            trends[:, degree - 1] - powers @ np.linalg.lstsq(powers, trends[:, degree - 1], None)[0]
        )
        assert np.abs(rest).max() < 1e-12
        assert trends[-1, degree - 1] > 0.0


@pytest.mark.parametrize(("size", "row", "column"), REFERENCE)
def test_trends_are_those_of_r(size, row, column):
    value = CONTRASTS["poly"].matrix(size)[row - 1, column - 1]
    assert value == pytest.approx(REFERENCE[size, row, column], rel=1e-6)


def test_a_single_level_has_no_trend():
    assert CONTRASTS["poly"].matrix(1).shape == (1, 0)
