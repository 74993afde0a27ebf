"""Algorithm 1 of the paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from tabmixnn.backbones import Penalties
from tabmixnn.encoder.inputs import EncoderInputs
from tabmixnn.objective import Loss, Objective
from tabmixnn.training.checkpoint import Checkpoint, Run
from tabmixnn.training.processes import ALONE, Processes
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.step import Step, shared
from tabmixnn.training.stopping import KeptWeights
from tabmixnn.training.task import Moments
from tabmixnn.training.watch import Record, Watch

CPU = torch.device("cpu")
VALIDATION_ROWS = 1 << 18
"""Rows that are validated at once."""


class VariationalNetwork(Protocol):
    """What the trainer needs of a network, besides being an ``nn.Module``."""

    def sample(self, inputs: EncoderInputs, penalties: Penalties) -> Distribution:
        """Return the outcomes' distribution given one draw of the random effects.

        What the network wants penalised is added to `penalties`.
        """

    def conditional(self, inputs: EncoderInputs) -> Distribution:
        """Return the outcomes' distribution at the random effects' posterior means."""

    def kl(self) -> Tensor:
        """Return each random-effects term's divergence, shape (n_terms,)."""

    def fix_order(self) -> None:
        """Keep the order of the latent variables from now on (with ``order_epochs`` only)."""


class Trainer:
    """Fit a network by mini-batch stochastic gradient descent (Algorithm 1).

    Randomness comes from torch's generator, which the caller seeds: dropout knows no other.

    Parameters
    ----------
    settings : TrainingSettings
        Epochs, learning rate, batch size, patience, schedule, clipping.
    device : torch.device, optional
        Where to train; by default on the CPU. The network comes back to it.
    processes : Processes
        Which train the network together, each a part of every batch.

    Attributes
    ----------
    history : list of dict
        One record an epoch: ``loss``, ``nll`` and ``kl`` averaged over the epoch's rows while
        it trained; where the network has penalties, their weighted sum ``penalty`` and each of
        them before its weight, under its name; ``valid_nll`` at the posterior means after it
        (only with validation rows) and the learning rate ``lr``.
    best_epoch : int
        Epoch, counted from 1, whose weights the network was left with.
    moments : dict of str to dict
        Adam's state of each parameter after the last step.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        device: torch.device = CPU,
        processes: Processes = ALONE,
    ) -> None:
        self.settings, self.device, self.processes = settings, device, processes
        self.history: list[Record] = []
        self.best_epoch = 0
        self.moments: Moments = {}

    def fit(
        self,
        network: nn.Module,
        objective: Objective,
        train: TrainingRows,
        valid: TrainingRows | None = None,
        moments: Moments | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Train in place and leave the network in evaluation mode.

        With validation rows, training stops when their likelihood has not improved for
        `patience` epochs, and the best weights are put back. Epochs before the order of
        a structure is fixed are not counted and not chosen. Without them there is nothing to
        choose by (lines 17-22 of Algorithm 1): all epochs are run and the last weights stay.

        Parameters
        ----------
        network : nn.Module
            A `VariationalNetwork`.
        objective : Objective
            Weighs likelihood and KL.
        train : TrainingRows
            Rows to learn from.
        valid : TrainingRows, optional
            Rows whose likelihood decides when to stop.
        moments : dict, optional
            Adam's state to go on from.
        checkpoint : Checkpoint, optional
            Where to write everything at the end of every epoch; a run that was interrupted goes
            on from there, and comes to the end that it would have come to.

        Raises
        ------
        TrainingError
            If a part of the loss is not finite.
        """
        settings, device = self.settings, self.device
        network.to(device)
        train, valid = train.to(device), None if valid is None else valid.to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=settings.lr, fused=True)
        parameters = dict(network.named_parameters())
        for name, state in (moments or {}).items():
            optimizer.state[parameters[name]] = {k: v.to(device) for k, v in state.items()}
        schedule = settings.schedule()
        watch = Watch(settings, validates=valid is not None)
        kept = None if valid is None else KeptWeights(network)
        run = Run(network, optimizer, schedule, watch, kept)
        if checkpoint is not None:
            checkpoint.resume(run)
        with shared(Step(network, objective), self.processes) as step:
            while not watch.over:
                network.train()
                record = self._epoch(step, optimizer, train)
                if valid is not None:
                    record["valid_nll"] = self._validate(network, objective, valid)
                if watch.end_epoch(record, schedule.lr):
                    kept.keep()
                objective.end_epoch(record)
                if len(watch.history) == settings.order_epochs:
                    network.fix_order()
                schedule.step(watch.monitored)
                optimizer.param_groups[0]["lr"] = schedule.lr
                if checkpoint is not None and self.processes.rank == 0:
                    checkpoint.save(run)
        watch.close()
        if kept is not None:
            kept.restore()
        self.history, self.best_epoch = watch.history, watch.best_epoch
        network.eval()
        self.moments = {
            name: {key: value.to(CPU) for key, value in optimizer.state[p].items()}
            for name, p in parameters.items()
        }
        network.to(CPU)

    def _epoch(
        self,
        step: Callable[[TrainingRows], Loss],
        optimizer: torch.optim.Optimizer,
        train: TrainingRows,
    ) -> Record:
        parameters = optimizer.param_groups[0]["params"]
        sums: Tensor | float = 0.0
        for batch in train.batches(self.settings.batch_size):
            loss = step(batch)
            optimizer.zero_grad(set_to_none=True)
            loss.total.backward()
            if self.settings.clip_norm is not None:
                nn.utils.clip_grad_norm_(parameters, self.settings.clip_norm)
            optimizer.step()
            parts = loss.parts()
            sums = sums + torch.stack(list(parts.values())) * len(batch)
        means = self.processes.sum(sums / (len(train) * self.processes.count))
        return dict(zip(parts, means.tolist(), strict=True))

    @staticmethod
    def _validate(network: nn.Module, objective: Objective, valid: TrainingRows) -> float:
        network.eval()
        total = 0.0
        with torch.no_grad():
            for part in valid.parts(VALIDATION_ROWS):
                nll = objective.nll(network.conditional(part.inputs), part.y)
                total += nll.item() * len(part)
        return total / len(valid)
