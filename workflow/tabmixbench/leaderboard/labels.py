"""Labels of points: each beside its own, or, where there is no room, led to it by a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Half the width of a marker, what is free between a label and its own, and others'; in points.
RADIUS, FREE, APART = 4.0, 3.0, 7.0
#: How far away a label is looked for, in lines up or down and in steps to a side.
LINES, STEPS, STEP = 10, 10, 10.0
#: How close together points are a crowd, whose labels are placed first.
CROWD = 50.0
#: What it costs a label to stand on the left, or above or below, in points of distance.
ASIDE = 4.0


class Box(NamedTuple):
    """A rectangle by its sides."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def holds(self, other: Box) -> bool:
        """Whether the other is inside."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )

    def grown(self, by: float) -> Box:
        """The rectangle with room around it."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)

    def nearest(self, point: np.ndarray) -> np.ndarray:
        """The place in it that is nearest to a point, shape (2,)."""
        return np.clip(point, self[:2], self[2:])

    def distance(self, point: np.ndarray) -> float:
        """How far it is from a point."""
        return float(np.hypot(*(self.nearest(point) - point)))

    def is_crossed(self, start: np.ndarray, end: np.ndarray) -> bool:
        """Whether the line from one point to another goes through it."""
        way, near, far = end - start, np.array(self[:2]) - start, np.array(self[2:]) - start
        moving = way != 0
        if ((near >= 0) | (far <= 0))[~moving].any():
            return False
        cuts = np.stack([near[moving] / way[moving], far[moving] / way[moving]])
        low, high = cuts.min(axis=0), cuts.max(axis=0)
        return bool(low.max(initial=0.0) < high.min(initial=1.0))


def annotate(axis: Axes, points: np.ndarray, texts: list[str], *, size: float = 8) -> None:
    """Write the labels of points (n, 2), in units of the data, and lines to those further off.

    The limits of the axis have to be set, and do not change.
    """
    from matplotlib.text import Text

    figure = axis.figure
    figure.draw_without_rendering()  # which lays the axes out
    scale = 72 / figure.dpi
    sizes = []
    for text in texts:
        extent = Text(0, 0, text, fontsize=size, figure=figure).get_window_extent()
        sizes.append((extent.width * scale, extent.height * scale))
    at = axis.transData.transform(points) * scale
    room = Box(*axis.bbox.extents * scale).grown(-FREE)
    for text, point, own, box in zip(
        texts, points, at, place(at, np.array(sizes), room), strict=True
    ):
        axis.annotate(
            text,
            point,
            (box.left - own[0], (box.bottom + box.top) / 2 - own[1]),
            textcoords="offset points",
            va="center_baseline",
            fontsize=size,
        )
        if is_led(own, box):
            way = box.nearest(own) - own
            line = {"arrowstyle": "-", "color": "0.45", "linewidth": 0.7}
            line |= {"shrinkA": 0, "shrinkB": RADIUS}
            axis.annotate("", point, tuple(way), textcoords="offset points", arrowprops=line)


def is_led(point: np.ndarray, box: Box) -> bool:
    """Whether a label is so far from its point that a line leads to it."""
    return box.distance(point) > RADIUS + FREE + 0.5


def place(points: np.ndarray, sizes: np.ndarray, room: Box) -> list[Box]:
    """Where labels stand, each as near its point as there is room.

    No label overlaps another, a marker or a line to another label, and no line goes through a
    label or another's marker; where there is no such place, as few as can be.

    Parameters
    ----------
    points, sizes : ndarray of shape (n, 2)
        The points, and the widths and heights of the labels; all in points of print.
    room : Box
        What labels stay in.

    Returns
    -------
    list of Box
        One a point.
    """
    markers = [Box(*point, *point).grown(RADIUS) for point in points]
    boxes: dict[int, Box] = {}
    lines: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    # Where points are close together there is the least choice.
    near = np.abs(points[:, None] - points).max(axis=2)
    for this in np.argsort(-(near < CROWD).sum(axis=1), kind="stable"):
        others = markers[:this] + markers[this + 1 :]
        taken = [other.grown(FREE / 2) for other in boxes.values()]

        def conflicts(box: Box, own=points[this], marker=markers[this], others=others, taken=taken):
            """Count what a label at a place would overlap, labels and markers first."""
            label, line = box.grown(FREE / 2), (own, box.nearest(own))
            over = sum(map(label.meets, (*taken, marker)))
            over += sum(map(box.grown(APART).meets, others)) + (not room.holds(box))
            crossed = sum(box.grown(1.0).is_crossed(*other) for other in lines.values())
            if is_led(own, box):
                crossed += sum(other.is_crossed(*line) for other in (*taken, *others))
            return over, crossed

        candidates = list(_candidates(points[this], sizes[this]))
        free = (box for box in candidates if conflicts(box) == (0, 0))
        boxes[this] = box = next(free, None) or min(candidates, key=conflicts)
        if is_led(points[this], box):
            lines[this] = points[this], box.nearest(points[this])
    return [boxes[i] for i in range(len(points))]


def _candidates(point: np.ndarray, size: np.ndarray) -> Iterator[Box]:
    """Rectangles around a point, the nearest first and right before left."""
    width, height = size
    beside = RADIUS + FREE
    found = []
    for down in range(-2 * LINES, 2 * LINES + 1):
        y = point[1] + down * height / 2
        for step in range(STEPS):
            for left, cost in (
                (point[0] + beside + step * STEP, 0.0),
                (point[0] - beside - step * STEP - width, ASIDE),
                (point[0] - width / 2, 2 * ASIDE),
            ):
                box = Box(left, y - height / 2, left + width, y + height / 2)
                found.append((box.distance(point) + cost + 0.1 * abs(down), box))
    return (box for _, box in sorted(found, key=lambda each: each[0]))
