"""How long and how fast to train."""

from __future__ import annotations

from dataclasses import dataclass


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
    progress : bool
        Show progress when standard error is a terminal.
    """

    epochs: int = 100
    lr: float = 0.001
    batch_size: int = 256
    patience: int | None = 20
    scheduler: str | None = None
    clip_norm: float | None = None
    progress: bool = False
