"""Learning-rate schedules (section 3.4.2 of the paper), found by name in `SCHEDULERS`.

A schedule has the current rate as ``lr`` and adapts it at the end of every epoch.
"""

from __future__ import annotations

import math
from typing import Protocol


class Schedule(Protocol):
    """What the training loop asks of a schedule."""

    lr: float

    def step(self, loss: float) -> None:
        """Adapt the learning rate at the end of an epoch, given the monitored loss."""


class ConstantSchedule:
    """The same learning rate in all epochs."""

    def __init__(self, lr: float, epochs: int, patience: int | None) -> None:
        self.lr = lr

    def step(self, loss: float) -> None:
        """Nothing changes."""


class PlateauSchedule:
    """Halve the learning rate when the monitored loss stops falling, by a relative 1e-4 at least.

    The wait is half the early-stopping patience, so that a smaller rate is tried before
    training stops.
    """

    def __init__(self, lr: float, epochs: int, patience: int | None) -> None:
        self.lr = lr
        self._wait = max(1, (patience or epochs) // 2)
        self._best, self._waited = math.inf, 0

    def step(self, loss: float) -> None:
        if self._best == math.inf or loss < self._best - 1e-4 * abs(self._best):
            self._best, self._waited = loss, 0
            return
        self._waited += 1
        if self._waited > self._wait:
            self.lr, self._waited = self.lr / 2, 0


class CosineSchedule:
    """Anneal the learning rate to zero along a half cosine over all epochs."""

    def __init__(self, lr: float, epochs: int, patience: int | None) -> None:
        self.lr = self._start = lr
        self._epochs, self._epoch = epochs, 0

    def step(self, loss: float) -> None:
        self._epoch += 1
        self.lr = self._start * (1 + math.cos(math.pi * self._epoch / self._epochs)) / 2


SCHEDULERS: dict[str, type[PlateauSchedule] | type[CosineSchedule]] = {
    "plateau": PlateauSchedule,
    "cosine": CosineSchedule,
}


def depends_on_epochs(name: str | None, patience: int | None) -> bool:
    """Return whether a schedule has other rates from the start where there are more epochs."""
    return name == "cosine" or (name == "plateau" and patience is None)


def build_schedule(name: str | None, lr: float, epochs: int, patience: int | None) -> Schedule:
    """Return a key of `SCHEDULERS` at its start, or for None a constant rate."""
    return (ConstantSchedule if name is None else SCHEDULERS[name])(lr, epochs, patience)
