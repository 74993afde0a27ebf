"""Levels of a batch, against numpy's way to find them."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tabmixnn.training.stacked.loops.levels import follow_means, touched_levels


def floats(rng, *shape):
    return rng.uniform(0.5, 2, shape).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 12), st.integers(0, 99))
def test_touched_levels_are_those_that_rows_have(counts, n, seed):
    rng, ends = np.random.default_rng(seed), np.cumsum(counts)
    codes = np.concatenate(
        [rng.integers(end - count, end, n) for count, end in zip(counts, ends, strict=True)]
    )
    weight, share = floats(rng, len(counts), n, 1), floats(rng, len(counts), n, 1)
    places = np.full(ends[-1], -1)
    rows, own = np.empty(ends[-1], np.int64), np.empty_like(codes)
    touch, starts = np.empty(ends[-1], np.float32), np.empty(len(counts) + 1, np.int64)
    touched_levels(codes, weight, share, ends, places, rows, own, touch, starts)

    found, inverse = np.unique(codes, return_inverse=True)
    k = starts[-1]
    np.testing.assert_array_equal(rows[:k], found)
    np.testing.assert_array_equal(own, inverse)
    np.testing.assert_array_equal(starts[1:], np.searchsorted(found, ends))
    expected = np.bincount(inverse, (weight * share).ravel())
    np.testing.assert_allclose(touch[:k], expected, rtol=1e-5)
    assert starts[0] == 0
    assert (places == -1).all()


def test_means_follow_the_levels_that_moved():
    rng = np.random.default_rng(0)
    seen = floats(rng, 7, 2)
    values, rows, starts = seen.copy(), np.array([1, 2, 5]), np.array([0, 2, 3])
    values[rows] += 1 + floats(rng, 3, 2)
    before = np.stack([seen[:3].mean(0), seen[3:].mean(0)])
    mean, one_level = before.copy(), np.float32([[1 / 3], [1 / 4]])
    follow_means(values, seen, rows, starts, one_level, mean)
    np.testing.assert_allclose(mean, [values[:3].mean(0), values[3:].mean(0)], rtol=1e-6)
    np.testing.assert_array_equal(seen, values)
