"""Labels of points: none over another, over a marker, or without a way to its point."""

from itertools import combinations, permutations

import numpy as np
import pytest

from tabmixbench.leaderboard.labels import FREE, RADIUS, Box, annotate, is_led, place

ROOM = Box(0.0, 0.0, 520.0, 300.0)


def made(seed, n=14, apart=12):
    """Points, none on another, of which half are close together, as models of one kind are."""
    rng = np.random.default_rng(seed)
    points = [rng.uniform((80, 80), (400, 220))]
    while len(points) < n:
        near = points[0] + rng.uniform(-80, 80, size=2)
        new = near if len(points) < n // 2 else rng.uniform((30, 20), (420, 280))
        if np.abs(points - new).max(axis=1).min() > apart:
            points.append(new)
    return np.array(points), np.column_stack([rng.uniform(30, 130, size=n), np.full(n, 9.0)])


@pytest.mark.parametrize("seed", range(20))
def test_labels_and_their_lines_keep_clear_of_everything_else(seed):
    points, sizes = made(seed)
    boxes = place(points, sizes, ROOM)
    for box, size in zip(boxes, sizes, strict=True):
        np.testing.assert_allclose((box.right - box.left, box.top - box.bottom), size)
        assert ROOM.left <= box.left <= box.right <= ROOM.right
    for one, other in combinations(boxes, 2):
        assert not one.meets(other)
    for i, j in permutations(range(len(points)), 2):
        assert boxes[i].distance(points[j]) > RADIUS
        if is_led(points[i], boxes[i]):
            line = points[i], boxes[i].nearest(points[i])
            assert not boxes[j].is_crossed(*line)
            assert not Box(*points[j], *points[j]).grown(RADIUS).is_crossed(*line)


def test_a_label_that_has_room_stands_right_of_its_point():
    ((left, bottom, _, top),) = place(np.array([[100.0, 100.0]]), np.array([[50.0, 9.0]]), ROOM)
    assert left == 100 + RADIUS + FREE
    assert (bottom + top) / 2 == 100


def test_at_the_right_edge_a_label_stands_left():
    (box,) = place(np.array([[510.0, 100.0]]), np.array([[50.0, 9.0]]), ROOM)
    assert box.right == 510 - RADIUS - FREE


def test_where_there_is_no_room_labels_still_have_a_place():
    boxes = place(np.full((3, 2), 5.0), np.full((3, 2), 9.0), Box(0, 0, 10, 10))
    assert not any(one.meets(other) for one, other in combinations(boxes, 2))


@pytest.mark.parametrize(
    ("start", "end", "crossed"),
    [
        ((0, 5), (20, 5), True),
        ((5, 0), (5, 20), True),
        ((0, 0), (20, 20), True),
        ((0, 5), (3, 5), False),
        ((0, 30), (20, 12), False),
        ((3, 0), (3, 20), False),
    ],
)
def test_a_line_crosses_a_box_or_not(start, end, crossed):
    assert Box(4, 4, 11, 11).is_crossed(np.array(start, float), np.array(end, float)) == crossed


def test_a_line_leads_to_each_label_that_is_not_beside_its_point():
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(4, 3), layout="constrained")
    axis.set(xlim=(0, 10), ylim=(0, 10))
    points = np.array([[5.0, 5.0], [5.0, 5.6], [5.6, 5.0], [5.6, 5.6], [5.3, 6.1]])
    annotate(axis, points, ["a long label"] * 5)
    lines = [each for each in axis.texts if each.arrow_patch is not None]
    labels = [each for each in axis.texts if each.get_text()]
    assert [each.get_text() for each in labels] == ["a long label"] * 5
    assert 0 < len(lines) < 5
    extents = [each.get_window_extent() for each in labels]
    assert not any(one.overlaps(other) for one, other in combinations(extents, 2))
    plt.close(figure)
