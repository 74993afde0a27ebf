"""What a user can choose about the blocks of a manifold backbone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


class GridError(ValueError):
    """A grid that cannot be used; the message says which and why."""


@dataclass(frozen=True)
class BlockSettings:
    """One block (eq. 24), by the names that ``manifold_configs`` has in section 4.3.4.

    Parameters
    ----------
    grid_shape : tuple of int
        Points along each axis of the grid.
    use_spde : bool
        Smooth the fields of the grid (eqs. 26-28).
    spde_alpha : int
        Order of the SPDE; the smoothness is ``nu = alpha - d/2``.
    spde_kappa_init : float
        Start value of kappa, per grid step; the range is ``sqrt(8 nu) / kappa`` steps.
    use_sem : bool
        Structural dependencies among the points (eq. 29).
    sem_lengthscale_init : float
        Start value of their reach, in grid steps.
    boundary : str
        A key of ``BOUNDARIES``.
    """

    grid_shape: tuple[int, ...]
    use_spde: bool = True
    spde_alpha: int = 2
    spde_kappa_init: float = 0.3
    use_sem: bool = False
    sem_lengthscale_init: float = 1.0
    boundary: str = "reflecting"

    LARGEST_SEM: ClassVar[int] = 4096
    """Points from which the dense B of eq. 29 would take more than 64 MB, and Adam three more."""

    @property
    def size(self) -> int:
        """Number of grid points."""
        return math.prod(self.grid_shape)

    def __post_init__(self) -> None:
        if self.use_sem and self.size > self.LARGEST_SEM:
            raise GridError(
                f"use_sem relates every two points of a grid, and grid_shape={self.grid_shape} "
                f"has {self.size:,}; it takes up to {self.LARGEST_SEM:,}, so leave use_sem out or "
                "make the grid coarser."
            )


@dataclass(frozen=True)
class ManifoldSettings:
    """Options of the manifold backbone.

    Parameters
    ----------
    blocks : tuple of BlockSettings
        From the input on.
    aggregation : str
        A key of ``AGGREGATIONS``.
    """

    blocks: tuple[BlockSettings, ...] = ()
    aggregation: str = "concat"
