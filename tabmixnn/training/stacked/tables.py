"""Where the posterior of a random-effects term is kept, for R replicas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

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
    """

    mu: Tensor
    log_sigma: Tensor
    mu_grad: Tensor
    log_sigma_grad: Tensor
    codes: Tensor
    by_replica: ByReplica
    touch: Tensor | None = None
    centre: Tensor | None = None


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
        unique = torch.unique_consecutive if batch.ascending[term] else torch.unique
        self._rows, codes = unique(batch.groups[term], return_inverse=True)
        self._owners = ByReplica(self._split(), codes.device)
        self._state = self._adam.take(self._rows)
        values = self._state[:, 0]
        self._before = self._owners.sum(values[:, :width])
        self._adam.catch_up(self._state, self._rows)
        self._grads = torch.empty_like(values)
        each = (batch.weight * batch.share[term]).view(-1)
        touch = each.new_zeros(len(self._rows)).index_add_(0, codes, each)
        return Levels(
            values[:, :width],
            values[:, width:],
            self._grads[:, :width],
            self._grads[:, width:],
            codes,
            self._owners,
            touch[:, None],
            self._centre,
        )

    def normal(self, noise: Noise) -> Tensor:
        return noise.normal(self._owners.counts, self._width)

    def sum(self, values: Tensor) -> Tensor:
        return self._of_all(self._owners.sum(values))

    def reduce(self) -> None:
        """Nothing: there is one process."""

    def _split(self) -> list[int]:
        if len(self._counts) == 1:
            return [len(self._rows)]
        ends = torch.searchsorted(self._rows, self._ends).tolist()
        return [end - start for start, end in zip([0, *ends], ends, strict=False)]

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
