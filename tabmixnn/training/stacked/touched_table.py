"""The table of which a step moves only the levels that its batch has rows of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tabmixnn.training.stacked.adam import AdamClock, RowAdam
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.replicas import ByReplica
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels, times_touched, touched_levels


class TouchedTable:
    """Only the levels that a batch has rows of: for terms with many levels.

    What the whole table would get in every step, the divergence and the projection on effects that
    sum to zero, a level gets when it is touched, as often as its rows in the batch stand for:
    ``(n / b) n_gb / n_g`` of level g with n_gb of its n_g rows in a batch of b out of n.

    Parameters
    ----------
    clock : AdamClock
    mu, log_sigma : sequence of Tensor, each of shape (G, q, d)
        One a replica.
    device : torch.device
    """

    def __init__(
        self,
        clock: AdamClock,
        mu: Sequence[Tensor],
        log_sigma: Sequence[Tensor],
        device: torch.device,
    ) -> None:
        self._sources = [*mu, *log_sigma]
        values = [
            torch.cat([each.detach().flatten(1) for each in both]) for both in (mu, log_sigma)
        ]
        self._adam = RowAdam(clock, torch.cat(values, 1).to(device))
        self._width = values[0].shape[1]
        counts = [len(each) for each in mu]
        self.by_replica = ByReplica(counts, device)
        self._counts = torch.tensor(counts, device=device)
        self.one_level = 1 / self._of_all(self._counts.clone())[:, None]
        self._ends = self._counts.cumsum(0)
        self._centre = self._mean()
        self._kept: Tensor | None = None

    def take(self, batch: Batch, term: int) -> Levels:
        width = self._width
        self._rows, codes, self._owners = touched_levels(
            batch.groups[term], batch.ascending[term], self._ends
        )
        self._state = self._adam.take(self._rows)
        values = self._state[:, 0]
        self._before = self._owners.sum(values[:, :width])
        self._adam.catch_up(self._state, self._rows)
        self._grads = torch.empty_like(values)
        return Levels(
            values[:, :width],
            values[:, width:],
            self._grads[:, :width],
            self._grads[:, width:],
            codes,
            self._owners,
            times_touched(codes, batch.weight, batch.share[term], len(self._rows)),
            self._centre,
        )

    def normal(self, noise: Noise) -> Tensor:
        return noise.normal(self._owners.counts, self._width)

    def sum(self, values: Tensor) -> Tensor:
        return self._of_all(self._owners.sum(values))

    def reduce(self) -> None:
        """Nothing: there is one process."""

    def collect(self) -> None:
        """Nothing: they are there."""

    def squared_gradients(self) -> Tensor:
        return self.sum(self._grads.square()).sum(1)

    def shorten(self, factors: Tensor) -> None:
        self._grads *= self._owners.spread(factors[:, None])

    def step(self) -> None:
        self._adam.step(self._rows, self._state, self._grads)
        moved = self._owners.sum(self._state[:, 0, : self._width]).sub_(self._before)
        self._centre.addcmul_(self._of_all(moved), self.one_level)

    def means(self) -> Tensor:
        self._adam.settle()
        # What was added up step by step is rounded.
        self._centre = self._mean()
        return self._adam.state[:, 0, : self._width]

    def centre(self) -> Tensor:
        return self._centre

    def _mean(self) -> Tensor:
        total = self.by_replica.sum(self._adam.state[:, 0, : self._width])
        return self._of_all(total) * self.one_level

    def _of_all(self, sums: Tensor) -> Tensor:
        """Add up what the processes that share the levels out have: there is one."""
        return sums

    def keep(self, replicas: Tensor | None) -> None:
        values = self._adam.settle()
        if self._kept is None or replicas is None:
            self._kept = values.clone()
        else:
            mask = self.by_replica.spread(replicas[:, None])
            torch.where(mask, values, self._kept, out=self._kept)

    def best(self) -> Tensor:
        return self._adam.settle() if self._kept is None else self._kept

    def moment(self, key: str) -> Tensor:
        self._adam.settle()
        return self._adam.state[:, 1 if key == "exp_avg" else 2]

    def write(self, values: Tensor) -> None:
        halves = (half.split(self.by_replica.counts) for half in values.split(self._width, 1))
        parts = (part for half in halves for part in half)
        for source, part in zip(self._sources, parts, strict=True):
            source.copy_(part.reshape(source.shape))
