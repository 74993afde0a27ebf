"""Where the posterior of a term with many levels is kept, if several processes train together."""

from __future__ import annotations

import torch
from torch import Tensor

from tabmixnn.training.processes import Processes
from tabmixnn.training.stacked.adam import AdamClock
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import Batch
from tabmixnn.training.stacked.share import Share
from tabmixnn.training.stacked.tables import Levels
from tabmixnn.training.stacked.touched_table import TouchedTable


class OwnedTable(TouchedTable):
    """This process's levels of the factor by which the rows are shared out.

    No other process has a row of them, so that what a step needs of the others are sums.

    Parameters
    ----------
    clock : AdamClock
    mu, log_sigma : Tensor, shape (G, q, d)
        Of all levels.
    device : torch.device
    share : Share
    """

    def __init__(
        self, clock: AdamClock, mu: Tensor, log_sigma: Tensor, device: torch.device, share: Share
    ) -> None:
        self._share, self._whole = share, (mu, log_sigma)
        super().__init__(clock, [mu[share.levels]], [log_sigma[share.levels]], device)

    def take(self, batch: Batch, term: int) -> Levels:
        levels = super().take(batch, term)
        found = torch.unique_consecutive(batch.whole.groups[term])
        before = int(torch.searchsorted(found, self._share.levels.start))
        self._among = len(found), slice(before, before + len(self._rows))
        return levels

    def normal(self, noise: Noise) -> Tensor:
        # What one process alone would draw for them.
        count, mine = self._among
        return noise.normal([count], self._width)[mine]

    def _of_all(self, sums: Tensor) -> Tensor:
        return self._share.processes.sum(sums)

    def write(self, values: Tensor) -> None:
        joined = self._share.processes.join(values, self._share.counts)
        for whole, half in zip(self._whole, joined.split(self._width, 1), strict=True):
            whole.copy_(half.reshape(whole.shape))


class CommonTable(TouchedTable):
    """Levels that rows of several processes have: a step takes those of the whole batch.

    Parameters
    ----------
    clock : AdamClock
    mu, log_sigma : Tensor, shape (G, q, d)
    device : torch.device
    processes : Processes
    """

    def __init__(
        self,
        clock: AdamClock,
        mu: Tensor,
        log_sigma: Tensor,
        device: torch.device,
        processes: Processes,
    ) -> None:
        super().__init__(clock, [mu], [log_sigma], device)
        self._processes = processes

    def take(self, batch: Batch, term: int) -> Levels:
        levels = super().take(batch.whole, term)
        return levels._replace(codes=levels.codes[batch.rows])

    def reduce(self) -> None:
        self._processes.sum(self._grads)
