"""Responses that do not vary within the levels of a grouping factor."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from tabmixnn.inference.marginal import (
    ConvergenceWarning,
    GroupLevelResponseWarning,
    SeparationWarning,
    SingularFitWarning,
    fit_glmm,
    fit_lmm,
)
from tabmixnn.inference.marginal.group_level import FIRST_ROWS, warn_of_group_level
from tabmixnn.inference.marginal.terms import Grouping


def of(codes: np.ndarray, group: str = "a") -> Grouping:
    ones = np.ones((len(codes), 1))
    return Grouping(group, codes, int(codes.max()) + 1, ones, True)


def silent(y, *groupings) -> bool:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_group_level(np.asarray(y, dtype=float), list(groupings))
    return not caught


@pytest.fixture
def groups():
    """Twenty levels of ten rows, and a number for each level."""
    return np.repeat(np.arange(20), 10), np.random.default_rng(0).normal(size=20)


def test_the_factor_with_the_fewest_levels_is_named(groups):
    codes, effects = groups
    message = "does not vary within 'a': 200 rows repeat the numbers of 20 levels"
    nested = of(np.repeat(np.arange(40), 5), "b:a")
    crossed = of(np.tile(np.arange(10), 20), "c")
    with pytest.warns(GroupLevelResponseWarning, match=message) as caught:
        warn_of_group_level(effects[codes], [nested, crossed, of(codes)])
    assert len(caught) == 1


def test_one_row_that_differs_is_enough(groups):
    codes, effects = groups
    y = effects[codes]
    y[-1] += 1e-9
    assert silent(y, of(codes))
    order = np.random.default_rng(1).permutation(len(y))
    assert silent(y[order], of(codes[order]))


def test_rows_beyond_the_first_count():
    codes = np.repeat(np.arange(FIRST_ROWS // 4), 8)
    y = codes % 7.0
    assert not silent(y, of(codes))
    y[-1] += 1.0
    assert silent(y, of(codes))


def test_many_rows_a_level():
    codes = np.repeat(np.arange(3), 20_000)
    with np.errstate(all="raise"):
        assert not silent(codes % 2, of(codes))


def test_one_row_a_level_says_nothing():
    rng = np.random.default_rng(0)
    assert silent(rng.normal(size=50), of(np.arange(50)))


@pytest.mark.parametrize(
    ("sizes", "y"),
    [
        ([1] * 50 + [2], [*range(50), 7, 7]),  # one pair of whole numbers
        ([2] * 5, np.repeat([0, 1, 0, 1, 1], 2)),  # five pairs of a coin
        ([1] * 990 + [2] * 10, [1] * 20 + [0] * 990),  # pairs without a rare event
        ([10] * 20, [3.0] * 200),  # a response that never varies
    ],
)
def test_equal_by_chance(sizes, y):
    assert silent(y, of(np.repeat(np.arange(len(sizes)), sizes)))


def test_binary_outcomes_of_groups(groups):
    codes, effects = groups
    X = np.column_stack([np.ones(200), np.random.default_rng(2).normal(size=200)])
    y = (effects > 0)[codes].astype(float)
    assert not silent(y, of(codes))
    assert silent(np.column_stack([y, 1 - y]), of(codes))
    trouble = SingularFitWarning, SeparationWarning, ConvergenceWarning
    with warnings.catch_warnings():
        for each in trouble:
            warnings.simplefilter("ignore", each)
        with pytest.warns(GroupLevelResponseWarning):
            fit_glmm(X, y, [Block(codes)], family="binomial")


class Block:
    """A random intercept."""

    group, names, correlated = "a", ("(Intercept)",), True

    def __init__(self, codes: np.ndarray) -> None:
        self.codes, self.Z = codes, np.ones((len(codes), 1))
        self.levels = range(int(codes.max()) + 1)


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2.0, 200)])
def test_a_gaussian_response_is_looked_at_less_its_offset(groups, weights):
    codes, effects = groups
    rng = np.random.default_rng(3)
    X = np.column_stack([np.ones(200), rng.normal(size=200)])
    offset, y = rng.normal(size=200), effects[codes]
    options = {"weights": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", SingularFitWarning)
        with pytest.warns(GroupLevelResponseWarning, match="aggregate to one row per level"):
            fit_lmm(X, y, [Block(codes)], **options)
        warnings.simplefilter("error", GroupLevelResponseWarning)
        fit_lmm(X, y, [Block(codes)], offset=offset, **options)
        fit_lmm(X, y + rng.normal(size=200), [Block(codes)], **options)
