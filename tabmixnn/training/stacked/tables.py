"""Where the posterior of a random-effects term is kept, for R replicas."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from tabmixnn.training.stacked.noise import Noise
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


def touched_levels(
    codes: Tensor, ascending: bool, ends: Tensor
) -> tuple[Tensor, Tensor, ByReplica]:
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


def times_touched(codes: Tensor, weight: Tensor, share: Tensor, n_levels: int) -> Tensor:
    """Return how often each level counts in a batch, shape (k, 1); see `Levels`."""
    touch = weight.new_zeros(n_levels)
    return touch.index_add_(0, codes, (weight * share).view(-1))[:, None]
