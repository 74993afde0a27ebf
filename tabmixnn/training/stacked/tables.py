"""Where the posterior of a random-effects term is kept, for R replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from tabmixnn.training.stacked.adam import AdamClock, RowAdam
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.pool import ParameterPool
from tabmixnn.training.stacked.replicas import ByReplica
from tabmixnn.training.stacked.rows import Batch


class Levels(NamedTuple):
    """The k levels, of all replicas, that a batch needs.

    Parameters
    ----------
    mu, log_sigma : Tensor, shape (k, w)
        Parameters of their posteriors, w = q d.
    mu_grad, log_sigma_grad : Tensor, shape (k, w)
        Where their gradients are wanted.
    codes : Tensor, shape (R n,)
        Each row's level among the k.
    by_replica : ByReplica
        Whose the k levels are.
    touch : Tensor, shape (k, 1), or None
        How often each level counts in this batch: over the batches of an epoch it averages to
        one. None where each counts once.
    centre : Tensor, shape (R, w), or None
        Mean of mu over all levels; None where the k are all of them.
    rows : ndarray, shape (k,), or None
        Places of the k in the parameters and gradients where these are of all levels, shape (G, w).
    """

    mu: Tensor
    log_sigma: Tensor
    mu_grad: Tensor
    log_sigma_grad: Tensor
    codes: Tensor
    by_replica: ByReplica
    touch: Tensor | None = None
    centre: Tensor | None = None
    rows: np.ndarray | None = None


class Table(Protocol):
    """What the effects ask of a table."""

    by_replica: ByReplica
    """Whose all its levels are."""
    one_level: Tensor
    """One divided by each replica's number of levels, shape (R, 1)."""

    def take(self, batch: Batch, term: int) -> Levels:
        """Return the levels that a batch needs of its random-effects term `term`."""

    def normal(self, noise: Noise) -> Tensor:
        """Draw standard normals for the k levels taken last, shape (k, w)."""

    def sum(self, values: Tensor) -> Tensor:
        """Sum (k, w) over each replica's levels taken last: (R, w)."""

    def reduce(self) -> None:
        """Add up the gradients of several processes, unless the pool does it."""

    def collect(self) -> None:
        """Put the gradients of the levels taken last where the optimiser looks for them."""

    def squared_gradients(self) -> Tensor | float:
        """Return the sum of each replica's squared gradients, shape (R,); 0 if in the pool."""

    def shorten(self, factors: Tensor) -> None:
        """Multiply each replica's gradients by a factor, shape (R,), unless in the pool."""

    def step(self) -> None:
        """Take a step of the clock, unless the pool does it."""

    def means(self) -> Tensor:
        """Return mu of all levels, shape (sum G, w)."""

    def centre(self) -> Tensor:
        """Return the mean of mu over each replica's levels, shape (R, w)."""

    def keep(self, replicas: Tensor | None) -> None:
        """Remember the values of some replicas (mask of shape (R,)), unless the pool does.

        Without a mask, of all.
        """

    def best(self) -> Tensor | None:
        """Return the values remembered last, or else the current ones, unless the pool does."""

    def moment(self, key: str) -> Tensor | None:
        """Return one of Adam's moments, by torch's name, unless the pool does."""

    def write(self, values: Tensor | None) -> None:
        """Copy `best` or a moment into the replicas' own parameters, unless the pool does."""


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
        self._rows, codes, self._owners = _touched(
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
            _times_touched(codes, batch.weight, batch.share[term], len(self._rows)),
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


def _touched(codes: Tensor, ascending: bool, ends: Tensor) -> tuple[Tensor, Tensor, ByReplica]:
    """Return the levels of some rows, each row's place among them, and whose they are.

    Parameters
    ----------
    codes : Tensor, shape (R n,)
    ascending : bool
        Whether the codes are.
    ends : Tensor, shape (R,)
        Levels of each replica and those before it.
    """
    unique = torch.unique_consecutive if ascending else torch.unique
    rows, codes = unique(codes, return_inverse=True)
    counts = [len(rows)]
    if len(ends) > 1:
        stops = torch.searchsorted(rows, ends).tolist()
        counts = [stop - start for start, stop in zip([0, *stops], stops, strict=False)]
    return rows, codes, ByReplica(counts, codes.device)


def _times_touched(codes: Tensor, weight: Tensor, share: Tensor, n_levels: int) -> Tensor:
    """Return how often each level counts in a batch, shape (k, 1); see `Levels`."""
    touch = weight.new_zeros(n_levels)
    return touch.index_add_(0, codes, (weight * share).view(-1))[:, None]


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
        self._rows, codes, self._owners = _touched(
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
            _times_touched(codes, batch.weight, batch.share[term], len(self._rows)),
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
