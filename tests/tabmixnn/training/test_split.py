"""The validation split."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.training import validation_split


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 200),
    n_groups=st.integers(1, 40),
    fraction=st.floats(0, 0.99),
    seed=st.integers(0, 1000),
)
def test_rows_are_split_and_every_group_stays_in_training(n, n_groups, fraction, seed):
    rng = np.random.default_rng(seed)
    groups, classes = rng.integers(0, n_groups, n), rng.integers(0, 3, n)
    train, valid = validation_split(n, fraction, [groups, classes], rng)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, valid])), np.arange(n))
    assert len(valid) <= fraction * n
    assert set(groups[train]) == set(groups)
    assert set(classes[train]) == set(classes)


def test_the_wanted_share_is_set_aside_where_groups_allow_it():
    train, valid = validation_split(
        200, 0.1, [np.repeat(np.arange(20), 10)], np.random.default_rng(0)
    )
    assert (len(train), len(valid)) == (180, 20)


def test_nothing_is_set_aside_when_every_row_is_needed():
    _, valid = validation_split(10, 0.5, [np.arange(10)], np.random.default_rng(0))
    assert len(valid) == 0
