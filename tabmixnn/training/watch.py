"""What the end of an epoch brings: its record, callbacks, the decision to stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tabmixnn.training.progress import ProgressLine
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.stopping import Patience

Record = dict[str, float]


class TrainingError(ValueError):
    """Training could not go on."""


class Watch:
    """Follow the epochs of one fit.

    Parameters
    ----------
    settings : TrainingSettings
        Epochs, patience, callbacks.
    validates : bool
        Whether records have ``valid_nll`` to stop by.

    Attributes
    ----------
    history : list of dict
        The records.
    """

    def __init__(self, settings: TrainingSettings, *, validates: bool) -> None:
        self.settings = settings
        self.history: list[Record] = []
        self._patience = Patience(settings.patience) if validates else None
        self._progress = ProgressLine(settings.epochs, enabled=settings.progress)

    def end_epoch(self, record: Record, lr: float) -> bool:
        """Take the record of an epoch, which was trained at rate `lr`.

        Returns
        -------
        bool
            Whether the weights are the best yet. Epochs before the order of a structure is fixed
            are not.

        Raises
        ------
        TrainingError
            If a part of the loss is not finite.
        """
        settings, epoch = self.settings, len(self.history) + 1
        self._check_finite(record, epoch)
        record["lr"] = lr
        self.history.append(record)
        self._progress.update(epoch, record)
        for callback in settings.callbacks:
            callback(epoch, dict(record))
        if self._patience is None or epoch <= settings.order_epochs:
            return False
        return self._patience.update(record["valid_nll"], epoch)

    @property
    def monitored(self) -> float:
        """The last epoch's loss on validation rows, or on the training rows."""
        return self.history[-1].get("valid_nll", self.history[-1]["loss"])

    @property
    def over(self) -> bool:
        """Whether training should stop."""
        waited = self._patience is not None and self._patience.exhausted
        return waited or len(self.history) == self.settings.epochs

    @property
    def best_epoch(self) -> int:
        """The epoch, counted from 1, whose weights to keep: the last one without validation."""
        return len(self.history) if self._patience is None else self._patience.best_epoch

    def state(self) -> dict[str, Any]:
        """Return what was seen, as plain data."""
        patience = None if self._patience is None else dict(vars(self._patience))
        return {"history": self.history, "patience": patience}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.history = [dict(record) for record in state["history"]]
        if self._patience is not None:
            vars(self._patience).update(state["patience"])

    def close(self) -> None:
        """End the progress line."""
        self._progress.close()

    def _check_finite(self, record: Record, epoch: int) -> None:
        for name, value in record.items():
            if not math.isfinite(value):
                raise TrainingError(
                    f"Training diverged: {name} became {value} in epoch {epoch}. Lower lr (now "
                    f"{self.settings.lr:g}) or set clip_norm, for example to 1."
                )
