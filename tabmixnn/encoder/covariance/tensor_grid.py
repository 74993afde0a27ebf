"""Linear finite elements on a rectangular grid that is fine in the middle and wide around it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, reduce

import numpy as np
from scipy.linalg import eigh

from .errors import ParameterError, PositionError

GROWTH = 1.1
"""Factor between neighbouring steps of the margin, where not given."""


class TensorGrid:
    r"""Nodes at the crossings of lines along d axes, with multilinear elements between them.

    With lumped masses ``C`` and stiffnesses ``G`` of the axes, minus the Laplacian without flux
    through the outer boundary is ``C^-1 G`` summed over axes (Lindgren, Rue and Lindström 2011),
    which for equal steps is that of finite differences. It is diagonal in the tensor product of
    the axes' own eigenvectors.

    Parameters
    ----------
    axes : sequence of ndarray
        Ascending coordinates of the nodes along each axis, two or more.

    Raises
    ------
    ParameterError
        An axis has fewer than two nodes, or they do not ascend.
    """

    def __init__(self, axes: Sequence[np.ndarray]) -> None:
        self.axes = [np.asarray(axis, dtype=float) for axis in axes]
        for axis in self.axes:
            if axis.ndim != 1 or len(axis) < 2 or not (np.diff(axis) > 0.0).all():
                raise ParameterError("every axis of a grid needs two or more ascending nodes")

    @classmethod
    def around(
        cls, places: np.ndarray, resolution: int, margin: float, growth: float = GROWTH
    ) -> TensorGrid:
        """Grid over places ``(s, dim)``.

        Parameters
        ----------
        resolution : int
            Cells along the longest side of the box around the places. All cells in it are
            equally long in every direction.
        margin : float
            At least how far the grid goes on beyond the box, in longest sides.
        growth : float
            Factor between neighbouring steps there, so that even a wide margin has few nodes. The
            error falls with the square of the cells at a factor of 1, and less where the
            margin is coarse.

        Raises
        ------
        PositionError
            The places are all the same.
        """
        low, high = places.min(axis=0), places.max(axis=0)
        side = float((high - low).max())
        if not side > 0.0:
            raise PositionError("a grid needs places that differ, but all of these are the same")
        step = side / resolution
        beyond = _growing_steps(step, margin * side, growth)
        axes = []
        for a, b in zip(low, high, strict=True):
            cells = max(math.ceil((b - a) / step - 1e-9), 1)
            first = 0.5 * (a + b - cells * step)
            inner = first + step * np.arange(cells + 1)
            axes.append(
                np.concatenate([first - beyond[::-1], inner, first + cells * step + beyond])
            )
        return cls(axes)

    @property
    def dim(self) -> int:
        """Number of axes."""
        return len(self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Nodes along each axis."""
        return tuple(len(axis) for axis in self.axes)

    @property
    def size(self) -> int:
        """Number of nodes."""
        return math.prod(self.shape)

    def weights(self, places: np.ndarray) -> list[np.ndarray]:
        """Interpolation weights of places along each axis, ``(s, n)`` with two non-zeros a row.

        Raises
        ------
        PositionError
            A place lies outside the grid.
        """
        out = []
        for axis, values in zip(self.axes, places.T, strict=True):
            outside = np.flatnonzero(~((values >= axis[0]) & (values <= axis[-1])))
            if len(outside):
                place = ", ".join(f"{v:g}" for v in places[outside[0]])
                raise PositionError(
                    f"the place ({place}) lies outside the grid, which goes from {axis[0]:g} to "
                    f"{axis[-1]:g} there; widen 'margin', or predict nearer to the data"
                )
            cell = np.clip(np.searchsorted(axis, values, side="right") - 1, 0, len(axis) - 2)
            share = (values - axis[cell]) / np.diff(axis)[cell]
            rows, own = np.arange(len(values)), np.zeros((len(values), len(axis)))
            own[rows, cell] = 1.0 - share
            own[rows, cell + 1] = share
            out.append(own)
        return out

    def coefficients(self, places: np.ndarray) -> np.ndarray:
        """Values of the orthonormal eigenfunctions at places, ``(s, size)``: ``A C^-1/2 V``."""
        parts = [
            weights @ vectors
            for weights, (_, vectors) in zip(self.weights(places), self._spectra, strict=True)
        ]
        return reduce(_row_products, parts, np.ones((len(places), 1)))

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """Eigenvalues of minus the Laplacian, ``(size,)``, the last axis running fastest."""
        return reduce(np.add.outer, (roots for roots, _ in self._spectra)).ravel()

    @cached_property
    def _spectra(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Eigenvalues of each axis, and eigenvectors with ``V'CV = I``."""
        out = []
        for axis in self.axes:
            root = np.sqrt(_masses(axis))
            roots, vectors = eigh(_stiffness(axis) / np.outer(root, root))
            out.append((np.maximum(roots, 0.0), vectors / root[:, None]))
        return out


def _growing_steps(step: float, reach: float, growth: float) -> np.ndarray:
    """Distances from the edge of nodes whose steps grow, up to at least `reach`."""
    ends = [0.0]
    while ends[-1] < reach:
        step *= growth
        ends.append(ends[-1] + step)
    return np.array(ends[1:])


def _masses(axis: np.ndarray) -> np.ndarray:
    steps = np.diff(axis)
    return 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))


def _stiffness(axis: np.ndarray) -> np.ndarray:
    slope = 1.0 / np.diff(axis)
    own = np.append(slope, 0.0) + np.append(0.0, slope)
    return np.diag(own) - np.diag(slope, 1) - np.diag(slope, -1)


def _row_products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """All products of the entries of each row, ``(s, a b)`` from ``(s, a)`` and ``(s, b)``."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
