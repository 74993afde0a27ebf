"""Random effects of R replicas (eqs. 6-7, 17 and 50 of the paper), with their derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.tables import Levels, Table


class Draw(NamedTuple):
    """What the derivatives need of a draw."""

    levels: Levels
    sigma: Tensor
    noise: Tensor
    z: Tensor


class StackedEffects:
    """One random-effects term with a diagonal posterior and a standard normal prior.

    Parameters
    ----------
    table : Table
        Its posterior.
    shape : (int, int)
        q slope terms and d dimensions.
    kl_weights : sequence of float
        Weight of the divergence averaged over levels, in each replica.
    centre : bool
        Impose that the effects sum to zero over levels. Where a batch has some of the levels only,
        it is the posterior means that do, and not each draw.
    device : torch.device
    """

    def __init__(
        self,
        table: Table,
        shape: tuple[int, int],
        kl_weights: Sequence[float],
        centre: bool,
        device: torch.device,
    ) -> None:
        self.table, self.shape, self.centre = table, shape, centre
        self._one_level = 1 / torch.tensor(table.by_replica.counts, device=device)[:, None]
        self._rate = torch.tensor(kl_weights, device=device)[:, None] * self._one_level

    def sample(self, batch: Batch, term: int, noise: Noise) -> tuple[Tensor, Draw]:
        """Draw each level that the rows have once; return what it adds to them, shape (R, n, d).

        Parameters
        ----------
        batch : Batch
        term : int
            Which of its terms this is.
        noise : Noise
        """
        z = batch.z[term]
        levels = self.table.take(
            batch.groups[term], batch.weight, batch.share[term], batch.ascending[term]
        )
        sigma = levels.log_sigma.exp()
        deviation = noise.normal(levels.by_replica.counts, sigma.shape[1]).mul_(sigma)
        effects = levels.mu + deviation
        if self.centre:
            centre = levels.centre
            if centre is None:
                centre = levels.by_replica.sum(effects).mul_(self._one_level)
            effects -= levels.by_replica.spread(centre)
        return self._add_up(effects, levels.codes, z), Draw(levels, sigma, deviation, z)

    def mean(self, codes: Tensor, z: Tensor) -> Tensor:
        """Return what the posterior means add to the rows, shape (R, n, d)."""
        effects, by_replica = self.table.means(), self.table.by_replica
        if self.centre:
            mean = by_replica.sum(effects).mul_(self._one_level)
            effects = effects - by_replica.spread(mean)
        return self._add_up(effects, codes, z)

    def _add_up(self, effects: Tensor, codes: Tensor, z: Tensor) -> Tensor:
        rows = effects.index_select(0, codes).view(*z.shape[:2], *self.shape)
        total = rows[:, :, 0] * z[:, :, :1]
        for s in range(1, self.shape[0]):
            total.addcmul_(rows[:, :, s], z[:, :, s : s + 1])
        return total

    def backward(self, draw: Draw, grad: Tensor) -> Tensor:
        """Set the gradients, given that of what was added; return the weighted divergence, (R,)."""
        levels, sigma = draw.levels, draw.sigma
        by_slope = grad.new_empty(*grad.shape[:2], *self.shape)
        for s in range(self.shape[0]):
            torch.mul(grad, draw.z[:, :, s : s + 1], out=by_slope[:, :, s])
        inner = torch.zeros_like(sigma).index_add_(
            0, levels.codes, by_slope.view(-1, sigma.shape[1])
        )
        by_replica, rate = levels.by_replica, levels.by_replica.spread(self._rate)
        if self.centre:
            pull = by_replica.spread(by_replica.sum(inner).mul_(self._one_level))
            inner -= pull if levels.touch is None else pull * levels.touch
        if levels.touch is not None:
            rate = rate * levels.touch
        torch.addcmul(inner, levels.mu, rate, out=levels.mu_grad)
        excess = (sigma * sigma).sub_(1)
        torch.mul(inner, draw.noise, out=levels.log_sigma_grad).addcmul_(excess, rate)
        divergence = excess.addcmul_(levels.mu, levels.mu).sub_(levels.log_sigma, alpha=2)
        return by_replica.sum(divergence.mul_(rate)).sum(1).mul_(0.5)
