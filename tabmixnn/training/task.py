"""One network to train, and what training leaves."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from tabmixnn.objective import Objective
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.watch import Record

Moments = dict[str, dict[str, Tensor]]


@dataclass(frozen=True)
class Task:
    """A network, the rows to train it on, and how.

    Parameters
    ----------
    network : nn.Module
        Trained in place.
    objective : Objective
        Weighs likelihood, KL and penalties.
    train : TrainingRows
        Sorted by group.
    valid : TrainingRows or None
        Rows whose likelihood decides when to stop.
    settings : TrainingSettings
    seed : int
        Decides dropout, draws and batches.
    """

    network: nn.Module
    objective: Objective
    train: TrainingRows
    valid: TrainingRows | None
    settings: TrainingSettings
    seed: int

    @property
    def work(self) -> int:
        """Multiplications in a forward pass: a step's rows times the weights that each meets."""
        encoder = self.network.encoder
        dense = [encoder.fixed, self.network.backbone, self.network.head]
        weights = sum(p.numel() for module in dense for p in module.parameters())
        return min(self.settings.batch_size, len(self.train)) * weights


@dataclass(frozen=True)
class Trained:
    """What training leaves besides the weights.

    Parameters
    ----------
    history : list of dict
        One record an epoch; see `Trainer`.
    best_epoch : int
        Epoch, counted from 1, whose weights the network was left with.
    moments : dict of str to dict
        Adam's state of each parameter after the last step, by the keys of ``torch.optim.Adam``.
    """

    history: list[Record]
    best_epoch: int
    moments: Moments
