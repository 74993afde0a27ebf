"""Algorithm 1 of the paper, for R replicas at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from tabmixnn.backbones import BackboneSettings
from tabmixnn.training.batches import BatchPlan
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.stacked.adam import AdamClock
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import StackedRows
from tabmixnn.training.task import Task, Trained
from tabmixnn.training.threads import threads_for
from tabmixnn.training.watch import Watch


def few_touched(task: Task) -> tuple[bool, ...]:
    """Return for each random-effects term whether a batch has few of its levels."""
    size = task.settings.batch_size
    blocks = task.network.encoder.spec.blocks
    return tuple(len(task.train) > size and block.n_levels > size for block in blocks)


class StackedTrainer:
    """Train plain networks as `Trainer` does, several at once.

    Replicas have the same columns, the same number of batches in an epoch, the same `few_touched`
    and all validation rows or none. Each comes out as it would alone, to rounding; only Adam's
    moments are those of the step at which the last of them stopped.

    Parameters
    ----------
    settings : TrainingSettings
        A learning rate that depends on the loss (``scheduler="plateau"``) is for one replica only.
    backbone : BackboneSettings
        Of the networks.
    device : torch.device
        Where to train; the networks stay where they are.
    """

    def __init__(
        self, settings: TrainingSettings, backbone: BackboneSettings, device: torch.device
    ) -> None:
        self.settings, self.backbone, self.device = settings, backbone, device

    def fit(self, replicas: Sequence[Task]) -> list[Trained]:
        """Train in place, leave the networks in evaluation mode, and return what else there is.

        Raises
        ------
        TrainingError
            If a part of a loss is not finite.
        """
        size = self.settings.batch_size
        plans = [BatchPlan(len(each.train), size) for each in replicas]
        with torch.inference_mode(), threads_for(self._work(replicas)):
            network, watches = self._run(replicas, plans)
        trained = [
            Trained(watch.history, watch.best_epoch, moments)
            for watch, moments in zip(watches, network.moments(), strict=True)
        ]
        network.restore()
        for each in replicas:
            each.network.eval()
        return trained

    def _run(
        self, replicas: Sequence[Task], plans: Sequence[BatchPlan]
    ) -> tuple[StackedNetwork, list[Watch]]:
        settings = self.settings
        noise = Noise([each.seed for each in replicas], self.device)
        clock = AdamClock(settings.epochs * len(plans[0]), self.device)
        specs = [each.network.encoder.spec for each in replicas]
        n_levels = [
            [b.n_levels for b in term] for term in zip(*(s.blocks for s in specs), strict=True)
        ]
        network = StackedNetwork(
            [each.network for each in replicas],
            self.backbone,
            list(zip(*(each.objective.kl_weights.tolist() for each in replicas), strict=True)),
            few_touched(replicas[0]),
            clock,
            noise,
        )

        def rows(which: Sequence[TrainingRows]) -> StackedRows:
            sizes = [levels + 1 for levels in specs[0].cat_sizes]
            return StackedRows(which, sizes, n_levels, self.device)

        train = rows([each.train for each in replicas])
        validates = replicas[0].valid is not None
        valid = rows([each.valid for each in replicas]).all() if validates else None
        watches = [Watch(each.settings, validates=validates) for each in replicas]
        schedule = settings.schedule()
        shares = torch.tensor(train.lengths, device=self.device)
        while not all(watch.over for watch in watches):
            sums = torch.zeros(2, len(replicas), device=self.device)
            for batch in _batches(train, plans, noise):
                part = network.step(batch, schedule.lr, settings.clip_norm)
                sums += part if len(plans[0]) == 1 else part * torch.tensor(batch.lengths) / shares
            if valid is not None:
                sums = torch.cat([sums, network.nll(valid)[None]])
            improved = [
                not watch.over and watch.end_epoch(_record(column), schedule.lr)
                for watch, column in zip(watches, sums.T.tolist(), strict=True)
            ]
            if any(improved):
                network.keep(torch.tensor(improved, device=self.device))
            schedule.step(watches[0].monitored)
        for watch in watches:
            watch.close()
        return network, watches

    def _work(self, replicas: Sequence[Task]) -> int:
        network = replicas[0].network
        dense = [network.encoder.fixed, network.backbone, network.head]
        weights = sum(p.numel() for module in dense for p in module.parameters())
        return len(replicas) * min(self.settings.batch_size, len(replicas[0].train)) * weights


def _batches(train: StackedRows, plans: Sequence[BatchPlan], noise: Noise):
    if len(plans[0]) == 1:
        yield train.all()
        return
    epochs = [plan.epoch(g) for plan, g in zip(plans, noise.generators, strict=True)]
    for rows in zip(*epochs, strict=True):
        yield train.take(rows)


def _record(column: Sequence[float]) -> dict[str, float]:
    nll, kl, *valid = column
    record = {"loss": nll + kl, "nll": nll, "kl": kl}
    return record | {"valid_nll": valid[0]} if valid else record
