"""Inputs and outcomes of the rows one trains on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tabmixnn.encoder.inputs import EncoderInputs
from tabmixnn.training.batches import BatchPlan


@dataclass(frozen=True)
class TrainingRows:
    """n rows with their outcomes.

    Parameters
    ----------
    inputs : EncoderInputs
        Of n rows.
    y : Tensor, shape (n,)
        Outcomes on the network's scale.
    """

    inputs: EncoderInputs
    y: Tensor

    def __len__(self) -> int:
        return self.y.shape[0]

    def take(self, rows: Tensor | slice) -> TrainingRows:
        """Return some of the rows; `rows` is an int64 tensor or a slice."""
        return TrainingRows(self.inputs.take(rows), self.y[rows])

    def to(self, device: torch.device) -> TrainingRows:
        """Return the rows on a device."""
        return TrainingRows(self.inputs.to(device), self.y.to(device))

    @property
    def largest(self) -> int:
        """Which random-effects term, of one or more, has the most levels."""
        highest = [int(group.codes.max()) for group in self.inputs.groups]
        return highest.index(max(highest))

    @classmethod
    def together(cls, parts: Sequence[TrainingRows]) -> TrainingRows:
        """Return the rows of all parts, one after the other."""
        if len(parts) == 1:
            return parts[0]
        inputs = EncoderInputs.together([part.inputs for part in parts])
        return cls(inputs, torch.cat([part.y for part in parts]))

    def batches(self, size: int) -> Iterator[TrainingRows]:
        """Yield the batches of an epoch, each row once; see `BatchPlan`.

        Parameters
        ----------
        size : int
            Rows of a batch; the last has what is left.
        """
        if len(self) <= size:
            yield self
            return
        for rows in BatchPlan(len(self), size).epoch():
            yield self.take(rows)

    def parts(self, size: int) -> Iterator[TrainingRows]:
        """Yield all rows in order, at most `size` at a time."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))

    def by_group(self) -> TrainingRows:
        """Return the rows sorted by the grouping factor with most levels, for `BatchPlan`."""
        groups = self.inputs.groups
        return self.take(groups[self.largest].codes.argsort(stable=True)) if groups else self
