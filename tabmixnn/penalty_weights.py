"""How much a penalty counts: a number, or one that grows until a constraint holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from tabmixnn.backbones.structure import AugmentedLagrangian


class PenaltyWeight(Protocol):
    """What the objective asks of a weight."""

    def weigh(self, penalty: Tensor) -> Tensor:
        """Return what the penalty adds to the loss."""

    def end_epoch(self, penalty: float) -> None:
        """See the penalty's mean over an epoch."""


class ConstantWeight:
    """``lambda * penalty``, as eq. 47 prints it.

    Parameters
    ----------
    weight : float
        lambda.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight

    def weigh(self, penalty: Tensor) -> Tensor:
        return self.weight * penalty

    def end_epoch(self, penalty: float) -> None:
        """Nothing changes."""


class AcyclicityWeight:
    """An augmented Lagrangian for stochastic training: it moves every few epochs.

    Parameters
    ----------
    multiplier : float
        Its start, lambda_DAG: the first epochs minimise eq. 47 as printed, up to half the
        square of the penalty.
    every : int
        Epochs between updates.
    """

    def __init__(self, multiplier: float, every: int = 5) -> None:
        # Slower than between exact minimisations: a tenfold weight would throw Adam, whose
        # second moments remember the old gradients. Its steps never bring the penalty to zero,
        # so the weight is bounded and the tolerance is what such steps can reach.
        self.schedule = AugmentedLagrangian(
            alpha=multiplier, growth=3.0, rho_max=1e6, tolerance=1e-6
        )
        self.every = every
        self._epochs = 0

    def weigh(self, penalty: Tensor) -> Tensor:
        return self.schedule.weigh(penalty)

    def end_epoch(self, penalty: float) -> None:
        """Raise the multiplier, and the weight of the square where cycles did not shrink."""
        self._epochs += 1
        if self._epochs % self.every == 0 and not self.schedule.holds(penalty):
            if self.schedule.stalled(penalty):
                self.schedule.grow()
            self.schedule.update(penalty)


@dataclass(frozen=True)
class PenaltySettings:
    """Weights of eq. 47.

    Parameters
    ----------
    lambda_dag, lambda_contract, lambda_sparse : float
        Of eqs. 51, 52 and 53.
    constrained : bool
        Whether the acyclicity penalty has to vanish in the end: lambda_dag is then where an
        augmented Lagrangian starts.
    """

    lambda_dag: float = 0.0
    lambda_contract: float = 0.0
    lambda_sparse: float = 0.0
    constrained: bool = False

    def weights(self) -> dict[str, PenaltyWeight]:
        """Return new weights by name of the penalty; none for a constant weight of zero."""
        constants = {
            "dag": self.lambda_dag,
            "contract": self.lambda_contract,
            "sparse": self.lambda_sparse,
        }
        weights: dict[str, PenaltyWeight] = {
            name: ConstantWeight(value) for name, value in constants.items() if value
        }
        if self.constrained:
            weights["dag"] = AcyclicityWeight(self.lambda_dag)
        return weights
