"""Learning-rate schedules (section 3.4.2 of the paper), found by name in `SCHEDULERS`."""

from __future__ import annotations

from typing import Protocol

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau


class Schedule(Protocol):
    """What the training loop asks of a schedule: one call at the end of every epoch."""

    def step(self, loss: float) -> None:
        """Adapt the learning rate, given the monitored loss."""


class PlateauSchedule:
    """Halve the learning rate when the monitored loss stops falling.

    The wait is half the early-stopping patience, so that a smaller rate is tried before
    training stops.
    """

    def __init__(self, optimizer: Optimizer, epochs: int, patience: int | None) -> None:
        wait = max(1, (patience or epochs) // 2)
        self._schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=wait)

    def step(self, loss: float) -> None:
        self._schedule.step(loss)


class CosineSchedule:
    """Anneal the learning rate to zero along a half cosine over all epochs."""

    def __init__(self, optimizer: Optimizer, epochs: int, patience: int | None) -> None:
        self._schedule = CosineAnnealingLR(optimizer, T_max=epochs)

    def step(self, loss: float) -> None:
        self._schedule.step()


SCHEDULERS: dict[str, type[PlateauSchedule] | type[CosineSchedule]] = {
    "plateau": PlateauSchedule,
    "cosine": CosineSchedule,
}
