"""Sums over the levels of each replica, where the levels of all stand in one table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor


class ByReplica:
    """k rows of R replicas one after the other.

    Parameters
    ----------
    counts : sequence of int
        Rows of each replica; k in all.
    device : torch.device
    """

    def __init__(self, counts: Sequence[int], device: torch.device) -> None:
        self.counts = list(counts)
        self._even = len(set(self.counts)) == 1
        self._owner: Tensor | None = None
        if not self._even:
            replicas = torch.arange(len(self.counts), device=device)
            self._owner = replicas.repeat_interleave(torch.tensor(self.counts, device=device))

    @classmethod
    def at(cls, starts: np.ndarray, device: torch.device) -> ByReplica:
        """Return the rows of which `starts` has each replica's first, and k."""
        rows = cls([stop - start for start, stop in pairwise(starts.tolist())], device)
        rows.starts = starts
        return rows

    @cached_property
    def starts(self) -> np.ndarray:
        """The first row of each replica, and k: shape (R + 1,)."""
        return np.cumsum([0, *self.counts])

    def sum(self, values: Tensor) -> Tensor:
        """Sum (k, w) over each replica's rows: (R, w)."""
        if len(self.counts) == 1:
            return values.sum(0, keepdim=True)
        if self._even:
            return values.reshape(len(self.counts), self.counts[0], values.shape[1]).sum(1)
        zeros = values.new_zeros(len(self.counts), values.shape[1])
        return zeros.index_add_(0, self._owner, values)

    def mean(self, values: Tensor, one_row: Tensor) -> Tensor:
        """Average (k, w) over each replica's rows: (R, w); `one_row` is 1 / rows, shape (R, 1)."""
        if len(self.counts) == 1:
            return values.mean(0, keepdim=True)
        return self.sum(values).mul_(one_row)

    def spread(self, values: Tensor) -> Tensor:
        """Give each row what its replica has: (R, w) to (k, w), or (1, w) where R is one."""
        if len(self.counts) == 1:
            return values
        if self._even:
            return values.repeat_interleave(self.counts[0], 0)
        return values.index_select(0, self._owner)
