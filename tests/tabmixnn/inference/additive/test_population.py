"""Regressions on the predictors alone."""

import numpy as np
import pandas as pd
import pytest

from tabmixnn.inference.additive.population import Curves, PopulationRegression, Surface

N = 300
FOLDS = np.arange(N) % 10


@pytest.fixture(scope="module")
def space_and_rows(read):
    rng = np.random.default_rng(0)
    data = pd.DataFrame(rng.uniform(-2, 2, size=(N, 2)), columns=["a", "b"])
    data["g"] = np.repeat(np.arange(N // 5), 5).astype(str)
    data["y"] = rng.normal(size=N)
    found = read("y ~ a + b + (1 | g)", data)
    return found.space, found.rows


def regression(space_and_rows, function):
    space, rows = space_and_rows
    a, b = (rows.table.numbers[name] for name in "ab")
    target = function(a, b) + 0.3 * np.random.default_rng(1).normal(size=N)
    return PopulationRegression(rows, space.variables, target, np.ones(N), FOLDS), target


@pytest.mark.parametrize(
    ("function", "kind"),
    [(lambda a, b: a + b**2, Curves), (lambda a, b: np.sin(2 * a * b), Surface)],
)
def test_left_out_folds_choose_the_columns(space_and_rows, function, kind):
    found, target = regression(space_and_rows, function)
    columns, coefficients = found.final()
    assert isinstance(columns, kind)
    space, rows = space_and_rows
    values = columns(rows, space.variables)
    assert values.shape == (N, len(coefficients) - 1)
    fitted = coefficients[0] + values @ coefficients[1:]
    assert np.mean((target - fitted) ** 2) < 0.3**2
    assert np.mean((target - found.left_out()) ** 2) < 0.5 * target.var()


def test_a_fold_is_predicted_by_the_others(space_and_rows):
    """Which regression of the others it is, is all that a little more of its own can change."""
    found, target = regression(space_and_rows, lambda a, b: np.sin(2 * a * b))
    held, (space, rows) = FOLDS == 3, space_and_rows
    other = np.where(held, 1.01 * target, target)
    changed = PopulationRegression(rows, space.variables, other, np.ones(N), FOLDS).left_out()
    np.testing.assert_allclose(changed[held], found.left_out()[held], rtol=1e-10)
    assert not np.allclose(changed[~held], found.left_out()[~held])


def test_where_predictors_say_nothing_the_mean_is_left(space_and_rows):
    found, target = regression(space_and_rows, lambda a, b: 0.0 * a)
    assert np.ptp(found.left_out()) < 0.5 * target.std()
