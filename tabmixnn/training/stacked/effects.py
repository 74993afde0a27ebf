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
    z: Sequence[Tensor | None]


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

    rate: Tensor
    """Weight of the divergence of each level, in each replica, shape (R, 1)."""

    def __init__(
        self,
        table: Table,
        shape: tuple[int, int],
        kl_weights: Sequence[float],
        centre: bool,
        device: torch.device,
    ) -> None:
        self.table, self.shape, self.centre = table, shape, centre
        self.rate = torch.tensor(kl_weights, device=device)[:, None] * table.one_level

    def sample(self, hidden: Tensor, batch: Batch, term: int, noise: Noise) -> Draw:
        """Draw each level that the rows have once, and add it to them.

        Parameters
        ----------
        hidden : Tensor, shape (R, n, d)
            Changed in place.
        batch : Batch
        term : int
            Which of its terms this is.
        noise : Noise
        """
        z = batch.z[term]
        levels = self.table.take(batch, term)
        sigma = levels.log_sigma.exp()
        deviation = self.table.normal(noise).mul_(sigma)
        effects = levels.mu + deviation
        if self.centre:
            centre = levels.centre
            if centre is None:
                centre = levels.by_replica.mean(effects, self.table.one_level)
            effects -= levels.by_replica.spread(centre)
        self._add_up(hidden, effects, levels.codes, z)
        return Draw(levels, sigma, deviation, z)

    def mean(self, hidden: Tensor, codes: Tensor, z: Sequence[Tensor | None]) -> None:
        """Add the posterior means to the rows, in place."""
        self._add_up(hidden, self._expected(), codes, z)

    def _expected(self) -> Tensor:
        effects = self.table.means()
        return (
            effects - self.table.by_replica.spread(self.table.centre()) if self.centre else effects
        )

    def _add_up(
        self, hidden: Tensor, effects: Tensor, codes: Tensor, z: Sequence[Tensor | None]
    ) -> None:
        rows = effects.index_select(0, codes).view(*hidden.shape[:2], *self.shape)
        for own, column in zip(rows.unbind(2), z, strict=True):
            if column is None:
                hidden.add_(own)
            else:
                hidden.addcmul_(own, column)

    def backward(self, draw: Draw, grad: Tensor) -> Tensor:
        """Set the gradients, given that of what was added; return the weighted divergence, (R,)."""
        levels, sigma = draw.levels, draw.sigma
        slopes = [grad if column is None else grad * column for column in draw.z]
        by_slope = slopes[0] if len(slopes) == 1 else torch.cat(slopes, 2)
        inner = torch.zeros_like(sigma).index_add_(
            0, levels.codes, by_slope.view(-1, sigma.shape[1])
        )
        by_replica, rate = levels.by_replica, levels.by_replica.spread(self.rate)
        if self.centre:
            pull = by_replica.spread(self.table.sum(inner).mul_(self.table.one_level))
            inner -= pull if levels.touch is None else pull * levels.touch
        if levels.touch is not None:
            rate = rate * levels.touch
        torch.addcmul(inner, levels.mu, rate, out=levels.mu_grad)
        excess = (sigma * sigma).sub_(1)
        torch.mul(inner, draw.noise, out=levels.log_sigma_grad).addcmul_(excess, rate)
        self.table.collect()
        divergence = excess.addcmul_(levels.mu, levels.mu).sub_(levels.log_sigma, alpha=2)
        return by_replica.sum(divergence.mul_(rate)).sum(1).mul_(0.5)
