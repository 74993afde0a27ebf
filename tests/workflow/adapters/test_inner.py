"""Inner folds: of rows, or of whole groups where new groups will be asked for."""

from __future__ import annotations

import numpy as np
import pytest

from tabmixbench.adapters.inner import inner_folds

N = 120
GROUPS = np.repeat(np.arange(12), 10)


def folds_of(y, binary, **changed):
    options = {"folds": 5, "one_from": 1000, "seed": 0} | changed
    return list(inner_folds(y, binary=binary, **options))


def outcome(binary, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2, N) if binary else rng.normal(size=N)


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["rows", "groups"])
@pytest.mark.parametrize("binary", [False, True])
def test_every_row_is_held_out_once(binary, groups):
    pairs = folds_of(outcome(binary), binary, groups=groups)
    assert len(pairs) == 5
    np.testing.assert_array_equal(
        np.sort(np.concatenate([held for _, held in pairs])), np.arange(N)
    )
    for fitting, held in pairs:
        assert not set(fitting) & set(held)
        if groups is not None:
            assert not set(groups[fitting]) & set(groups[held])


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["rows", "groups"])
def test_many_rows_have_one_fold(groups):
    assert len(folds_of(outcome(False), False, groups=groups, one_from=N)) == 1


def test_no_more_folds_than_groups():
    pairs = folds_of(outcome(False), False, groups=np.repeat([3, 5, 9], 40))
    assert sorted(len(held) for _, held in pairs) == [40, 40, 40]


def test_one_group_cannot_be_left_out():
    y = outcome(False)
    of_one_group, of_rows = folds_of(y, False, groups=np.zeros(N, dtype=int)), folds_of(y, False)
    for one, other in zip(of_one_group, of_rows, strict=True):
        np.testing.assert_array_equal(one[1], other[1])


def test_training_rows_have_both_classes():
    """A class in one group only leaves folds out; where all would be, folds are of rows."""
    y = (GROUPS == 4).astype(int)
    assert len(folds_of(y, True, groups=GROUPS)) == 4
    pairs = folds_of((GROUPS < 6).astype(int), True, groups=GROUPS // 6)
    assert len(pairs) == 5
    assert all(np.ptp((GROUPS < 6)[fitting].astype(int)) for fitting, _ in pairs)
