"""How long and how fast to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tabmixnn.training.schedulers import Schedule, build_schedule


@dataclass(frozen=True)
class TrainingSettings:
    """Options of Algorithm 1 and section 3.4.2 of the paper, with its defaults (5.2.3).

    Parameters
    ----------
    epochs : int
        Largest number of passes over the training rows.
    lr : float
        Adam's learning rate.
    batch_size : int
        Rows in a step.
    patience : int or None
        Stop after this many epochs without a better validation loss; None, or no validation
        rows, trains all epochs.
    scheduler : str or None
        A key of ``SCHEDULERS``, or None for a constant learning rate.
    clip_norm : float or None
        Largest norm of the gradient; None does not clip.
    order_epochs : int
        Epochs that learn in which order the latent variables affect each other, less than
        `epochs`; 0 where the order is given. The rest keep the order.
    device : str
        Where to train; one of `tabmixnn.training.device.DEVICES`.
    progress : bool
        Show progress when standard error is a terminal.
    callbacks : tuple of callable
        Each is called at the end of every epoch with its number, counted from 1, and a copy of
        its record in ``Trainer.history``.
    """

    epochs: int = 100
    lr: float = 0.001
    batch_size: int = 256
    patience: int | None = 20
    scheduler: str | None = None
    clip_norm: float | None = None
    order_epochs: int = 0
    device: str = "auto"
    progress: bool = False
    callbacks: tuple[Callable[[int, dict[str, float]], None], ...] = ()

    def schedule(self) -> Schedule:
        """Return the learning rate's schedule at its start."""
        return build_schedule(self.scheduler, self.lr, self.epochs, self.patience)
