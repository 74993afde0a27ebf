"""Tables of which every step moves all levels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.pool import ParameterPool
from tabmixnn.training.stacked.replicas import ByReplica
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels, times_touched, touched_levels


class WholeTable:
    """All levels in every step: for terms with few levels, and for data of a single batch.

    Parameters
    ----------
    pool : ParameterPool
        Holds the values, and takes the steps.
    mu, log_sigma : sequence of Tensor, each of shape (G, q, d)
        One a replica.
    """

    def __init__(
        self, pool: ParameterPool, mu: Sequence[Tensor], log_sigma: Sequence[Tensor]
    ) -> None:
        counts = [len(each) for each in mu]
        shape = (sum(counts), mu[0][0].numel())
        self.mu, self.log_sigma = pool.claim(mu, *shape), pool.claim(log_sigma, *shape)
        self.by_replica = ByReplica(counts, pool.device)
        self.one_level = 1 / torch.tensor(counts, device=pool.device)[:, None]

    def take(self, batch: Batch, term: int) -> Levels:
        mu, log_sigma, codes = self.mu, self.log_sigma, batch.groups[term]
        return Levels(mu.value, log_sigma.value, mu.grad, log_sigma.grad, codes, self.by_replica)

    def normal(self, noise: Noise) -> Tensor:
        return noise.normal(self.by_replica.counts, self.mu.value.shape[1])

    def sum(self, values: Tensor) -> Tensor:
        return self.by_replica.sum(values)

    def reduce(self) -> None:
        """Nothing: the pool does it."""

    def collect(self) -> None:
        """Nothing: they are there."""

    def squared_gradients(self) -> float:
        return 0.0

    def shorten(self, factors: Tensor) -> None:
        """Nothing: the pool does it."""

    def step(self) -> None:
        """Nothing: the pool does it."""

    def means(self) -> Tensor:
        return self.mu.value

    def centre(self) -> Tensor:
        return self.by_replica.mean(self.mu.value, self.one_level)

    def keep(self, replicas: Tensor | None) -> None:
        """Nothing: the pool does it."""

    def best(self) -> None:
        """Nothing: the pool does it."""

    def moment(self, key: str) -> None:
        """Nothing: the pool does it."""

    def write(self, values: Tensor | None) -> None:
        """Nothing: the pool does it."""


class PooledTable(WholeTable):
    """Only the levels that a batch has rows of, in a table that Adam steps over as a whole.

    A level gets what it does in a `TouchedTable`. As long as all levels are not very many, a step
    over them takes less time than to look up how far each has drifted since it was last touched.

    Parameters
    ----------
    pool, mu, log_sigma
        See `WholeTable`.
    """

    def __init__(
        self, pool: ParameterPool, mu: Sequence[Tensor], log_sigma: Sequence[Tensor]
    ) -> None:
        super().__init__(pool, mu, log_sigma)
        self._ends = torch.tensor(self.by_replica.counts, device=pool.device).cumsum(0)
        self._seen: Tensor | None = None

    def _settle(self) -> None:
        # Levels that no batch touches drift by their momentum. As in a `TouchedTable`, the mean
        # that is subtracted learns of it when they are touched, or all are looked at.
        self._seen = self.mu.value.clone()
        self._centre = self.by_replica.mean(self._seen, self.one_level)

    def take(self, batch: Batch, term: int) -> Levels:
        mu, log_sigma = self.mu.value, self.log_sigma.value
        self._rows, codes, self._owners = touched_levels(
            batch.groups[term], batch.ascending[term], self._ends
        )
        if self._seen is None:
            self._settle()
        self._before = self._owners.sum(self._seen.index_select(0, self._rows))
        self._grads = mu.new_empty(2, len(self._rows), mu.shape[1])
        return Levels(
            mu.index_select(0, self._rows),
            log_sigma.index_select(0, self._rows),
            *self._grads,
            codes,
            self._owners,
            times_touched(codes, batch.weight, batch.share[term], len(self._rows)),
            self._centre,
        )

    def normal(self, noise: Noise) -> Tensor:
        return noise.normal(self._owners.counts, self.mu.value.shape[1])

    def sum(self, values: Tensor) -> Tensor:
        return self._owners.sum(values)

    def collect(self) -> None:
        for slot, grads in zip((self.mu, self.log_sigma), self._grads, strict=True):
            slot.grad.zero_().index_copy_(0, self._rows, grads)

    def step(self) -> None:
        values = self.mu.value.index_select(0, self._rows)
        self._seen.index_copy_(0, self._rows, values)
        moved = self._owners.sum(values).sub_(self._before)
        self._centre.addcmul_(moved, self.one_level)

    def means(self) -> Tensor:
        self._settle()
        return self.mu.value
