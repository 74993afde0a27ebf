"""Divisions of rows into folds, and comparisons of losses by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.inference.additive.crossval import BEYOND, FOLDS, Comparison, compare, divisions


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=40),
    seed=st.integers(0, 1000),
)
def test_a_row_of_every_group_is_trained_on(sizes, seed):
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    for numbers in divisions(codes, rng):
        for fold in range(numbers.max() + 1):
            trained = set(codes[numbers != fold])
            assert {group for group, size in enumerate(sizes) if size > 1} <= trained


@pytest.mark.parametrize(
    ("n", "folds", "times"), [*FOLDS, (FOLDS[-1][0] + 1, *BEYOND), (FOLDS[0][0] + 1, *FOLDS[1][1:])]
)
def test_number_of_folds(n, folds, times):
    found = divisions(np.arange(n) % 7, np.random.default_rng(0))
    assert len(found) == times
    for numbers in found:
        assert np.ptp(np.bincount(numbers, minlength=folds)) <= 1
        assert numbers.max() == folds - 1


def test_folds_follow_the_generator():
    codes = np.arange(50) % 7
    first, again, other = (divisions(codes, np.random.default_rng(seed))[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_comparison_by_hand():
    plain, richer = np.array([4.0, 2.0, 3.0, 7.0]), np.array([1.0, 2.0, 4.0, 3.0])
    divided = [np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])]
    trained = []

    def losses(train, held_out):
        trained.append((train.tolist(), held_out.tolist()))
        return plain[held_out], richer[held_out]

    found = compare(divided, losses)
    gain = np.array([3.0, 0.0, -1.0, 4.0])
    assert (found.plain, found.richer) == (4.0, 2.5)
    assert found.t == pytest.approx(gain.mean() / (gain.std(ddof=1) / 2.0))
    assert trained[:2] == [([2, 3], [0, 1]), ([0, 1], [2, 3])]


def test_losses_are_averaged_over_divisions():
    divided = [np.array([0, 1, 0]), np.array([0, 1, 1])]
    losses = iter([1.0, 1.0, 5.0, 5.0])

    def constant(train, held_out):
        return np.full(len(held_out), next(losses)), np.zeros(len(held_out))

    assert compare(divided, constant).plain == pytest.approx(3.0)


@pytest.mark.parametrize("rounding", [0.0, 1e-15])
def test_equal_models_do_not_differ(rounding):
    plain = np.linspace(1.0, 2.0, 50)
    richer = plain + rounding * np.arange(50)

    def losses(train, held_out):
        return plain[held_out], richer[held_out]

    found = compare([np.arange(50) % 2], losses)
    assert found.t == 0.0
    assert not found.is_contradiction


@pytest.mark.parametrize("size", [1e6, 1e12, 1e80])
@pytest.mark.parametrize("others", [-1.0, 1.0])
def test_one_row_does_not_decide(size, others):
    """Beside a loss of any size, what the other rows say is not rounded away."""
    plain = np.linspace(1.0, 2.0, 100)
    richer = plain - others * 0.1
    richer[17] = size
    assert Comparison.of(plain, richer).is_contradiction is (others < 0)
    assert not Comparison.of(richer, plain).is_contradiction


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_losses_that_are_not_finite_are_worse(lost):
    plain = np.linspace(1.0, 2.0, 100)
    broken = np.where(np.arange(100) == 3, lost, plain - 0.1)
    assert Comparison.of(plain, broken).is_contradiction
    assert Comparison.of(broken, plain).is_clear
    assert Comparison.of(broken, broken).t == 0.0


@pytest.mark.parametrize(("t", "vetoed"), [(-1.01, True), (-0.99, False), (2.0, False)])
def test_only_a_loss_of_a_standard_error_is_a_veto(t, vetoed):
    assert Comparison(1.0, 1.0, t).is_contradiction is vetoed
