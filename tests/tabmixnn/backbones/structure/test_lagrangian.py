"""The augmented Lagrangian."""

import pytest

from tabmixnn.backbones.structure import AugmentedLagrangian


def test_weight_is_linear_plus_half_the_square():
    assert AugmentedLagrangian(alpha=2, rho=3).weigh(0.5) == 2 * 0.5 + 3 / 2 * 0.25


def test_multiplier_rises_by_rho_times_violation():
    schedule = AugmentedLagrangian(alpha=1, rho=4)
    schedule.update(0.5)
    assert schedule.alpha == 3


def test_it_is_stalled_above_a_quarter_of_the_last_violation():
    schedule = AugmentedLagrangian()
    assert not schedule.stalled(1.0)
    schedule.update(1.0)
    assert schedule.stalled(0.26)
    assert not schedule.stalled(0.25)


def test_rho_is_bounded():
    schedule = AugmentedLagrangian(rho=1, growth=10, rho_max=50)
    for _ in range(3):
        schedule.grow()
    assert schedule.rho == 50


def test_it_solves_a_constrained_problem():
    # min (x - 1)^2 subject to x = 0: every inner minimum has a closed form.
    schedule = AugmentedLagrangian(tolerance=1e-8)
    x = 1.0
    for _ in range(100):
        x = (2 - schedule.alpha) / (2 + schedule.rho)
        if schedule.stalled(abs(x)):
            schedule.grow()
        schedule.update(x)
        if schedule.holds(abs(x)):
            break
    assert schedule.holds(abs(x))
    assert schedule.alpha == pytest.approx(2, abs=1e-6)  # the Lagrange multiplier
