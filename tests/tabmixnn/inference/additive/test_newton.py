"""Newton's steps arrive where L-BFGS does, in a handful of evaluations."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.optimize import minimize

from tabmixnn.inference.additive.gram import Gram
from tabmixnn.inference.additive.likelihood import Criterion
from tabmixnn.inference.additive.matrices import Block, Matrices, spread
from tabmixnn.inference.additive.newton import minimise
from tabmixnn.inference.additive.parameters import LOWEST, START, Parameters

LEVELS, ROWS = 30, 8


@dataclass
class Counted:
    """A criterion that knows where it was asked for."""

    criterion: Criterion
    asked: list = field(default_factory=list)

    @property
    def parameters(self):
        return self.criterion.parameters

    @property
    def gram(self):
        return self.criterion.gram

    def solve(self, x):
        self.asked.append(x)
        return self.criterion.solve(x)


def grouped(seed=0, deviation=1.0, slope=0.7, correlation=0.3, other=0.8, unit=1.0):
    """Groups with correlated slopes, and a crossed factor; y has a residual deviation of 1 unit."""
    rng = np.random.default_rng(seed)
    n = LEVELS * ROWS
    codes, others = np.repeat(np.arange(LEVELS), ROWS), rng.integers(12, size=n)
    Z = np.column_stack([np.ones(n), rng.normal(size=n)])
    factor = np.array(
        [[deviation, 0.0], [slope * correlation, slope * np.sqrt(1.0 - correlation**2)]]
    )
    effects = rng.normal(size=(LEVELS, 2)) @ factor.T
    y = (Z * effects[codes]).sum(axis=1) + other * rng.normal(size=12)[others]
    y += rng.normal(size=n)
    matrices = Matrices(
        X=Z,
        R=np.empty((n, 0)),
        S=spread(np.ones((n, 1)), others, 12),
        side_terms=np.zeros(12, dtype=np.int64),
        Z=Z,
        own_terms=np.array([-1, -1]),
        blocks=(Block(0, 2),),
        codes=codes,
        n_levels=LEVELS,
        n_terms=1,
    )
    return Counted(Criterion(Gram.of(matrices, unit * y, np.ones(n)), Parameters(matrices), 2))


def start(criterion):
    return np.where(criterion.parameters.is_log, START, 0.0)


def found(criterion, x=None, steps=100, tol=1e-10, bounds=None):
    lower, upper = bounds or criterion.parameters.bounds()
    return minimise(criterion, start(criterion) if x is None else x, lower, upper, steps, tol)


def least(criterion, x):
    """What L-BFGS comes to."""
    bounds = list(zip(*criterion.parameters.bounds(), strict=True))
    options = {"maxiter": 1_000, "ftol": 1e-14, "gtol": 1e-6}
    return minimize(criterion.criterion, x, jac=True, bounds=bounds, options=options).fun


@pytest.mark.parametrize("unit", [2.0**-20, 2.0**20])
def test_the_unit_of_the_response_does_not_matter(unit):
    for seed in range(5):
        plain, other = grouped(seed), grouped(seed, unit=unit)
        expected = found(plain, tol=1e-5)
        np.testing.assert_allclose(found(other, tol=1e-5), expected, atol=1e-9)
        assert len(plain.asked) == len(other.asked)


def test_no_higher_than_lbfgs():
    """But where a variance that was going to vanish would have come back: 2 of 1,500 such draws."""
    rng = np.random.default_rng(0)
    above = []
    for _ in range(150):
        seed = int(rng.integers(10_001))
        sizes = (rng.choice(of) for of in ([0.0, 0.3, 1.0, 20.0], [0.0, 0.5, 3.0], [0.0, 0.5, 1.0]))
        criterion = grouped(seed, *sizes, other=rng.choice([0.0, 1.0]))
        value = criterion.solve(found(criterion)).criterion
        assert len(criterion.asked) < 100
        above.append(value - least(criterion, start(criterion)))
    above = np.array(above)
    assert (above > 0.1).sum() <= 1
    assert (above > 0.1).sum() < (above < -0.1).sum()


def test_a_handful_of_evaluations_is_enough():
    criterion = grouped()
    found(criterion)
    assert len(criterion.asked) <= 10


def test_a_variance_that_is_none_goes_in_a_few_steps():
    criterion = grouped(seed=3, other=0.0)
    x = found(criterion)
    assert np.exp(x[0]) < 0.02
    assert len(criterion.asked) <= 8


def test_the_way_back_from_next_to_nothing_is_found():
    """As long as there is a slope at all."""
    criterion = grouped()
    x = start(criterion)
    x[0] = -4.0
    assert found(criterion, x)[0] == pytest.approx(found(criterion)[0], abs=1e-3)


def test_bounds_hold():
    criterion = grouped(deviation=20.0)
    lower, upper = criterion.parameters.bounds()
    upper = np.where(np.arange(4) == 1, 0.5, upper)
    lower[2] = upper[2] = 0.0
    x = found(criterion, bounds=(lower, upper))
    assert x[1] == pytest.approx(0.5)
    assert x[2] == 0.0
    assert all((each >= lower - 1e-12).all() for each in criterion.asked)
    assert all((each <= upper + 1e-12).all() for each in criterion.asked)


def test_beyond_a_bound_it_starts_at_it():
    """Rows without noise have effects of any size, relative to it."""
    criterion = grouped()
    x = np.array([0.0, 0.0, 1e12, 50.0])
    lower, upper = criterion.parameters.bounds()
    found(criterion, x, steps=1)
    np.testing.assert_array_equal(criterion.asked[0], np.clip(x, lower, upper))


def test_no_step_is_worse_than_where_it_started():
    criterion, x = grouped(seed=5), np.array([2.0, LOWEST, 3.0, 1.0])
    values = [criterion.solve(found(criterion, x, steps)).criterion for steps in range(8)]
    assert values == sorted(values, reverse=True)


def test_parameters_that_are_all_held_stay():
    criterion = grouped()
    x = start(criterion)
    np.testing.assert_array_equal(found(criterion, x, bounds=(x, x)), x)
