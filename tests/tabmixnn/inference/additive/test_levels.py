"""Inverses of triangular matrices against those of a library."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixnn.inference.additive.levels import invert_lower


@pytest.mark.parametrize("q", [0, 1, 8, 9, 30])
@pytest.mark.parametrize("n", [0, 5])
def test_inverse_is_that_of_each_matrix(n, q):
    roots = np.tril(np.random.default_rng(q).normal(size=(n, q, q))) + 3.0 * np.eye(q)
    found = invert_lower(roots)
    assert found.shape == roots.shape
    np.testing.assert_allclose(found @ roots, np.broadcast_to(np.eye(q), roots.shape), atol=1e-10)
