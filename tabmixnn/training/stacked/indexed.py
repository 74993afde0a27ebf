"""A table of which compiled loops read and write the levels that a batch has rows of."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch

from tabmixnn.training.stacked.loops import levels
from tabmixnn.training.stacked.replicas import ByReplica
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels
from tabmixnn.training.stacked.whole_tables import PooledTable


class IndexedTable(PooledTable):
    """`PooledTable` without copies of the levels that are touched.

    Parameters
    ----------
    pool, mu, log_sigma
        See `WholeTable`.
    """

    @cached_property
    def _places(self) -> np.ndarray:
        """Room for `touched_levels`: -1 for each level."""
        return np.full(self.by_replica.starts[-1], -1)

    def take(self, batch: Batch, term: int) -> Levels:
        if self._seen is None:
            self._settle()
        codes = batch.groups[term].numpy()
        size = min(len(codes), len(self._places))
        rows, own = np.empty(size, np.int64), np.empty_like(codes)
        touch, starts = np.empty(size, np.float32), np.empty(len(self._ends) + 1, np.int64)
        levels.touched_levels(
            codes, batch.weight.numpy(), batch.share[term].numpy(), self._ends.numpy(),
            self._places, rows, own, touch, starts,
        )  # fmt: skip
        self._rows = rows[: starts[-1]]
        self._owners = ByReplica.at(starts, self.mu.value.device)
        self.mu.grad.zero_()
        self.log_sigma.grad.zero_()
        return Levels(
            self.mu.value,
            self.log_sigma.value,
            self.mu.grad,
            self.log_sigma.grad,
            torch.from_numpy(own),
            self._owners,
            torch.from_numpy(touch[: starts[-1], None]),
            self._centre,
            self._rows,
        )

    def collect(self) -> None:
        """Nothing: they are there."""

    def step(self) -> None:
        levels.follow_means(
            self.mu.value.numpy(), self._seen.numpy(), self._rows, self._owners.starts,
            self.one_level.numpy(), self._centre.numpy(),
        )  # fmt: skip
