"""Structural Hamming distance and F1 by hand."""

import numpy as np
import pytest

from tabmixnn.structure import compare_graphs

TRUE = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])


def changed(*edges):
    graph = TRUE.copy()
    for i, j, value in edges:
        graph[i, j] = value
    return graph


@pytest.mark.parametrize(
    ("estimated", "shd", "f1", "skeleton_f1"),
    [
        (TRUE * 0.3, 0, 1.0, 1.0),
        (changed((1, 0, 0)), 1, 2 / 3, 2 / 3),
        (changed((3, 0, 1)), 1, 4 / 5, 4 / 5),
        (changed((1, 0, 0), (0, 1, 1)), 1, 1 / 2, 1.0),
        (changed((1, 0, 0), (0, 1, 1), (3, 2, 1), (2, 1, 0)), 3, 0.0, 1 / 2),
        (np.zeros((4, 4)), 2, 0.0, 0.0),
    ],
)
def test_counts(estimated, shd, f1, skeleton_f1):
    found = compare_graphs(TRUE, estimated)
    assert (found.shd, found.f1, found.skeleton_f1) == pytest.approx((shd, f1, skeleton_f1))


def test_nothing_to_find_or_nothing_found():
    nothing = np.zeros_like(TRUE)
    for true, estimated, expected in (
        (nothing, nothing, (1, 1, 1)),
        (TRUE, nothing, (1, 0, 0)),
        (nothing, TRUE, (0, 1, 0)),
    ):
        found = compare_graphs(true, estimated)
        assert (found.precision, found.recall, found.f1) == expected


def test_precision_and_recall():
    found = compare_graphs(TRUE, changed((3, 0, 1)))
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 1)


@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (4,)])
def test_shapes_must_agree(shape):
    with pytest.raises(ValueError, match="two square matrices of one size"):
        compare_graphs(TRUE, np.zeros(shape))
