"""Early stopping that remembers the best weights."""

from __future__ import annotations

import math

import torch
from torch import nn


class EarlyStopping:
    """Watch a loss, keep the weights that reached its minimum, say when to stop.

    Parameters
    ----------
    network : nn.Module
        Whose weights are kept.
    patience : int or None
        Epochs without improvement before `exhausted`; None waits for ever.
    """

    def __init__(self, network: nn.Module, patience: int | None) -> None:
        self.patience = math.inf if patience is None else patience
        self.best = math.inf
        self.best_epoch = 0
        self.waited = 0
        self._live = list(network.parameters())
        # Two buffers copied into in place: cloning a state dict every epoch costs as much as
        # the epoch itself on small data.
        self._kept = [p.detach().clone() for p in self._live]

    def update(self, loss: float, epoch: int) -> None:
        """Record the loss of an epoch."""
        if loss < self.best:
            self.best, self.best_epoch, self.waited = loss, epoch, 0
            with torch.no_grad():
                torch._foreach_copy_(self._kept, self._live)
        else:
            self.waited += 1

    @property
    def exhausted(self) -> bool:
        """Whether the patience has run out."""
        return self.waited >= self.patience

    def restore(self) -> None:
        """Put the best weights back into the network."""
        with torch.no_grad():
            torch._foreach_copy_(self._live, self._kept)
