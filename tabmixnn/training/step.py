"""The loss of a batch, of which several processes may compute a part each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from tabmixnn.backbones import Penalties
from tabmixnn.draws import Dropout
from tabmixnn.objective import Loss, Objective
from tabmixnn.training.processes import Processes
from tabmixnn.training.rows import TrainingRows

BY_ROW = ("contract",)
"""Penalties that are means over rows, as the likelihood is."""


class Step(nn.Module):
    """A network with its objective.

    Parameters
    ----------
    network : nn.Module
        A `VariationalNetwork`.
    objective : Objective
    """

    def __init__(self, network: nn.Module, objective: Objective) -> None:
        super().__init__()
        self.network, self.objective = network, objective

    def forward(self, batch: TrainingRows, weight: float = 1.0) -> Loss:
        """Return the loss of a batch, what is averaged over its rows times `weight`."""
        penalties = Penalties()
        distribution = self.network.sample(batch.inputs, penalties)
        for name in penalties.keys() & BY_ROW:
            penalties[name] = weight * penalties[name]
        return self.objective(distribution, batch.y, self.network.kl(), penalties, weight)


class _Part:
    """Which rows of a batch of n a process has."""

    n: int
    rows: slice


@contextmanager
def shared(step: Step, processes: Processes) -> Iterator[Callable[[TrainingRows], Loss]]:
    """Share the rows of every batch out among processes, inside, by `DistributedDataParallel`.

    The network is in all of them, and the gradients that ``backward`` leaves are those of the
    whole batch. All processes draw the same random numbers, dropout's for the whole batch, so that
    together they do what one would do alone.

    Parameters
    ----------
    step : Step
    processes : Processes
        Whose generators of random numbers are in the same state.

    Yields
    ------
    callable
        ``(batch) -> Loss``; its mean over the processes is the loss of the batch.
    """
    if processes.count == 1:
        yield step
        return
    # A parameter of no elements, such as those of a prior without a structure, has no gradient.
    unused = any(not parameter.numel() for parameter in step.parameters())
    parallel = nn.parallel.DistributedDataParallel(
        step, forward_sync_buffers=False, find_unused_parameters=unused
    )
    part = _Part()

    def of_part(batch: TrainingRows) -> Loss:
        part.n, part.rows = len(batch), processes.part(len(batch))
        n_own = part.rows.stop - part.rows.start
        if not n_own:
            # One row without weight: means over no rows are not numbers.
            part.rows = slice(0, 1)
        return parallel(batch.take(part.rows), processes.count * n_own / part.n)

    layers = [module for module in step.modules() if isinstance(module, Dropout)]
    for layer in layers:
        layer.forward = partial(_dropped, layer, part)
    try:
        yield of_part
    finally:
        for layer in layers:
            del layer.forward


def _dropped(layer: Dropout, part: _Part, hidden: Tensor) -> Tensor:
    """Apply dropout to the rows of a part, as it would be to them in the whole batch."""
    if not layer.training:
        return hidden
    whole = torch.ones(part.n, *hidden.shape[1:], dtype=hidden.dtype)
    return hidden * functional.dropout(whole, layer.rate)[part.rows].to(hidden.device)
