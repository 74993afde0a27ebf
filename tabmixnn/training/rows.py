"""Inputs and outcomes of the rows one trains on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tabmixnn.encoder.inputs import EncoderInputs


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

    def by_group(self) -> TrainingRows:
        """Return the rows sorted by the grouping factor with most levels, for `BatchPlan`."""
        groups = self.inputs.groups
        return self.take(groups[self.largest].codes.argsort(stable=True)) if groups else self
