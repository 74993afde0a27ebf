"""The schedule that turns a penalty on cycles into a constraint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from torch import Tensor

Value = TypeVar("Value", float, Tensor)


@dataclass
class AugmentedLagrangian:
    r"""``alpha h + rho h^2 / 2`` with a growing multiplier (Zheng et al. 2018, section 4).

    A constant weight on an acyclicity function h leaves small cycles in. Here, after every inner
    minimisation, :math:`\alpha \leftarrow \alpha + \rho h`, and :math:`\rho` grows where h did
    not fall to a quarter.

    Parameters
    ----------
    alpha : float
        Multiplier at the start; eq. 47's lambda_DAG.
    rho : float
        Weight of the squared constraint at the start.
    growth : float
        Factor of `rho`.
    progress : float
        Share of the last h that h has to fall to, for `rho` to stay.
    rho_max : float
        Largest `rho`.
    tolerance : float
        The constraint holds where h is at most this.
    """

    alpha: float = 0.0
    rho: float = 1.0
    growth: float = 10.0
    progress: float = 0.25
    rho_max: float = 1e16
    tolerance: float = 1e-8
    last: float = field(default=float("inf"), init=False)

    def weigh(self, h: Value) -> Value:
        """Return what h costs now; a float or a scalar tensor."""
        return self.alpha * h + 0.5 * self.rho * h * h

    def stalled(self, h: float) -> bool:
        """Whether h has not fallen enough since the last update."""
        return h > self.progress * self.last

    def grow(self) -> None:
        """Make the quadratic part heavier."""
        self.rho = min(self.rho * self.growth, self.rho_max)

    def update(self, h: float) -> None:
        """Raise the multiplier after a minimisation that ended at `h`."""
        self.alpha += self.rho * h
        self.last = h

    def holds(self, h: float) -> bool:
        """Whether the constraint holds at `h`."""
        return h <= self.tolerance
