"""Structural dependencies among the points of a grid (eq. 29 of the paper)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from tabmixnn.backbones.manifold.boundaries import BOUNDARIES
from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.structure.order import FixedOrder


class NearbyEffects(FixedOrder):
    r"""``B[s, t] = raw[s, t] exp(-|s - t|^2 / (2 l^2))`` for points t before s.

    The points are in row-major order, and B strictly lower triangular as in eq. 19: no cycles,
    and ``I - B`` always has an inverse.

    Parameters
    ----------
    shape : sequence of int
        Points along each axis.
    lengthscale : float
        Start value of l in grid steps; it stays positive through softplus.
    boundary : str
        A key of ``BOUNDARIES``: on a periodic axis the ends are near each other.
    """

    def __init__(self, shape: Sequence[int], lengthscale: float, boundary: str) -> None:
        self.initial = lengthscale
        super().__init__(math.prod(shape))
        self.raw_lengthscale = nn.Parameter(torch.empty(()))
        self.register_buffer("squares", _squared_distances(shape, boundary), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set B to zero and the length scale to its start value."""
        super().reset_parameters()
        if hasattr(self, "raw_lengthscale"):
            start = self.initial + math.log(-math.expm1(-self.initial))
            nn.init.constant_(self.raw_lengthscale, start)

    @property
    def lengthscale(self) -> Tensor:
        """How far effects reach, in grid steps; a positive scalar."""
        return functional.softplus(self.raw_lengthscale)

    def matrix(self) -> Tensor:
        near = torch.exp(-self.squares / (2.0 * self.lengthscale**2))
        return super().matrix() * near


def _squared_distances(shape: Sequence[int], boundary: str) -> Tensor:
    """Squared distance of every two points, (N, N)."""
    rule, like = BOUNDARIES[boundary](), torch.empty((), dtype=torch.get_default_dtype())
    total = torch.zeros(1, 1)
    for n in shape:
        apart = rule.offsets(n, like) ** 2
        total = total[:, None, :, None] + apart[None, :, None, :]
        total = total.flatten(0, 1).flatten(1, 2)
    return total


class PositionStructure(nn.Module):
    """``eta = (I - B)^-1 xi`` on the points of a grid (eq. 29).

    The grid has one variable a point, so B relates points to points; the RBF kernel of their
    distance is what makes near ones matter more. As with `StaticStructure`, a free grid mapping
    before it can take any B up: it is the penalty of eq. 53 that gives B a meaning.

    Parameters
    ----------
    shape : sequence of int
        Points along each axis; memory grows with the square of their number.
    lengthscale : float
        Start value, in grid steps.
    boundary : str
        A key of ``BOUNDARIES``.
    """

    def __init__(self, shape: Sequence[int], lengthscale: float, boundary: str) -> None:
        super().__init__()
        self.effects = NearbyEffects(shape, lengthscale, boundary)

    def forward(self, xi: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map fields (n, N) to (n, N); add ``sparse`` (eq. 53)."""
        if penalties is not None:
            penalties.add("sparse", self.effects.matrix().abs().sum())
        return self.effects.solve(xi)
