"""Ridge regressions without each of some folds."""

import numpy as np
import pytest

from tabmixnn.inference.additive.ridge import INTERCEPT, Ridge

PENALTIES = (1e-3, 0.1, 10.0)


@pytest.mark.parametrize("seed", range(3))
def test_each_fold_is_predicted_by_the_other_rows(seed):
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(40, 3))
    target, weights = rng.normal(size=40) + columns[:, 1], rng.uniform(0.5, 2.0, 40)
    folds = np.arange(40) % 5
    ridge = Ridge(columns, target, weights, folds, PENALTIES)
    design = np.column_stack([np.ones(40), columns])
    mean = np.average(target, weights=weights)

    def solved(rows, penalty):
        x, w = design[rows], weights[rows]
        inverse = np.linalg.inv((x.T * w) @ x + penalty * w.sum() * np.diag([INTERCEPT, 1, 1, 1]))
        return inverse @ (x.T * w) @ (target[rows] - mean) + mean * np.eye(4)[0]

    for k, penalty in enumerate(PENALTIES):
        for fold in range(5):
            held = folds == fold
            found = design[held] @ solved(~held, penalty)
            np.testing.assert_allclose(ridge.left_out[held, k], found, rtol=1e-8)
            missed = weights[held] @ (target[held] - found) ** 2
            assert ridge.errors[fold, k] == pytest.approx(missed)
        everything = solved(np.full(40, True), penalty)
        np.testing.assert_allclose(ridge.coefficients(k), everything, rtol=1e-8)


def test_the_origin_of_the_target_says_nothing():
    rng = np.random.default_rng(0)
    columns, target = rng.normal(size=(60, 8)), rng.normal(size=60)
    rest = np.ones(60), np.arange(60) % 10, (1e-3, 0.1, 10.0, 1e4)
    plain, far = (Ridge(columns, target + origin, *rest) for origin in (0.0, 1e6))
    np.testing.assert_allclose(far.left_out - 1e6, plain.left_out, atol=1e-8)
    np.testing.assert_allclose(far.errors, plain.errors, rtol=1e-6)
    for k in range(4):
        shifted = far.coefficients(k) - 1e6 * np.eye(9)[0]
        np.testing.assert_allclose(shifted, plain.coefficients(k), atol=1e-8)
