"""The labels of the plot of accuracy against time."""

from itertools import permutations

import numpy as np
import pytest

from tabmixbench.leaderboard.seconds import label_heights


@pytest.mark.parametrize("seed", range(20))
def test_labels_overlap_neither_each_other_nor_the_points_of_others(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 4, size=18), rng.uniform(1, 14, size=18)
    width, gap = rng.uniform(0.2, 1.5, size=18), 0.5
    heights = label_heights(x, y, width, gap)
    for i, j in permutations(range(18), 2):
        if x[j] < x[i] + width[i] and x[i] < x[j] + width[j]:
            assert abs(heights[i] - heights[j]) >= gap
        if x[i] < x[j] < x[i] + width[i]:
            assert abs(heights[i] - y[j]) >= gap / 2
    alone = label_heights(x[:1], y[:1], width[:1], gap)
    assert alone == y[:1]
