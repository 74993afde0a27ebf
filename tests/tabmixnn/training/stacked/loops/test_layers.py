"""The layout of what the loops through the layers work on."""

import numpy as np
import pytest

from tabmixnn.training.stacked.loops.layers import INTO, OUT, _places, numbers_per_row


@pytest.mark.parametrize("widths", [[], [5], [3, 9, 4]])
def test_the_work_space_ends_where_the_last_layer_does(widths):
    n, dim = 7, 6
    layers = np.zeros((len(widths), 7), np.int64)
    layers[:, OUT], layers[:, INTO] = widths, [dim, *widths][: len(widths)]
    places, columns = _places(layers, n, max([dim, *widths]))
    assert places[-1] == n * numbers_per_row(dim, widths)
    assert columns.tolist() == [0, *np.cumsum(widths)]
