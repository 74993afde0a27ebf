"""Early stopping, and the best weights."""

from __future__ import annotations

import math

import torch
from torch import nn


class Patience:
    """Watch a loss; say when it has not improved for too long.

    Parameters
    ----------
    epochs : int or None
        Epochs without improvement before `exhausted`; None waits for ever.
    """

    def __init__(self, epochs: int | None) -> None:
        self.epochs = math.inf if epochs is None else epochs
        self.best = math.inf
        self.best_epoch = 0
        self.waited = 0

    def update(self, loss: float, epoch: int) -> bool:
        """Record the loss of an epoch; return whether it is the best yet."""
        if loss < self.best:
            self.best, self.best_epoch, self.waited = loss, epoch, 0
            return True
        self.waited += 1
        return False

    @property
    def exhausted(self) -> bool:
        """Whether the patience has run out."""
        return self.waited >= self.epochs


class KeptWeights:
    """A copy of a network's weights.

    Parameters
    ----------
    network : nn.Module
    """

    def __init__(self, network: nn.Module) -> None:
        self._live = list(network.parameters())
        # Buffers copied into in place: cloning a state dict every epoch costs as much as the
        # epoch itself on small data.
        self._kept = [p.detach().clone() for p in self._live]

    def keep(self) -> None:
        """Remember the weights as they are."""
        with torch.no_grad():
            torch._foreach_copy_(self._kept, self._live)

    def restore(self) -> None:
        """Put the weights remembered last back into the network."""
        with torch.no_grad():
            torch._foreach_copy_(self._live, self._kept)

    def state(self) -> list[torch.Tensor]:
        """Return the weights remembered last, in the order of the network's parameters."""
        return self._kept

    def remember(self, weights: list[torch.Tensor]) -> None:
        """Remember the weights that `state` returned."""
        with torch.no_grad():
            torch._foreach_copy_(self._kept, weights)
