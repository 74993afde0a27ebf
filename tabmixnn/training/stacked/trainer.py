"""Algorithm 1 of the paper, for R replicas at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from tabmixnn.backbones import BackboneSettings
from tabmixnn.training.batches import BatchPlan
from tabmixnn.training.processes import ALONE, Processes
from tabmixnn.training.rows import TrainingRows
from tabmixnn.training.schedulers import Schedule
from tabmixnn.training.settings import TrainingSettings
from tabmixnn.training.stacked.adam import AdamClock
from tabmixnn.training.stacked.likelihood import written_out
from tabmixnn.training.stacked.network import StackedNetwork
from tabmixnn.training.stacked.noise import Noise
from tabmixnn.training.stacked.rows import Batch, Layout, StackedRows
from tabmixnn.training.stacked.share import Share
from tabmixnn.training.task import Task, Trained
from tabmixnn.training.threads import takes_one_thread, threads_for
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
    processes : Processes
        Which train together; several train one replica, to the same weights in each. The batches
        are those of one process, each takes its groups' rows of them, and sums are added up.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        backbone: BackboneSettings,
        device: torch.device,
        processes: Processes = ALONE,
    ) -> None:
        self.settings, self.backbone, self.device = settings, backbone, device
        self.processes = processes

    def fit(self, replicas: Sequence[Task]) -> list[Trained]:
        """Train in place, leave the networks in evaluation mode, and return what else there is.

        Raises
        ------
        TrainingError
            If a part of a loss is not finite.
        """
        size = self.settings.batch_size
        plans = [BatchPlan(len(each.train), size) for each in replicas]
        with torch.inference_mode(), threads_for(sum(each.work for each in replicas)):
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
        few, share = few_touched(replicas[0]), None
        if self.processes.count > 1:
            levels = [block.n_levels for block in specs[0].blocks]
            share = Share(self.processes, replicas[0].train, levels, few)
        network = self._network(replicas, few, clock, noise, share)

        training = [each.train for each in replicas]
        validation = [each.valid for each in replicas if each.valid is not None]
        layout = Layout.of([*training, *validation], few)

        def rows(which: Sequence[TrainingRows]) -> StackedRows:
            sizes = [levels + 1 for levels in specs[0].cat_sizes]
            return StackedRows(which, sizes, n_levels, layout, self.device)

        train, validates = rows(training), bool(validation)
        valid = None
        if validates and share is None:
            valid = rows(validation).all()
        elif validates:
            others, mine = share.of_others(*validation)
            valid = share.part(rows([others]).all(), mine)
        watches = [Watch(each.settings, validates=validates) for each in replicas]
        schedule = settings.schedule()
        if len(plans[0]) == 1 and network.looks_at_held:
            epochs = self._whole_epochs(network, train.all(), valid, schedule)
        else:
            epochs = self._epochs(network, train, plans, valid, schedule, share)
        for columns in epochs:
            improved = [
                not watch.over and watch.end_epoch(_record(column), schedule.lr)
                for watch, column in zip(watches, columns, strict=True)
            ]
            if any(improved):
                network.keep(improved)
            schedule.step(watches[0].monitored)
            if all(watch.over for watch in watches):
                break
        for watch in watches:
            watch.close()
        return network, watches

    def _network(
        self,
        replicas: Sequence[Task],
        few: Sequence[bool],
        clock: AdamClock,
        noise: Noise,
        share: Share | None,
    ) -> StackedNetwork:
        networks = [each.network for each in replicas]
        weights = [each.objective.kl_weights.tolist() for each in replicas]
        by_term = list(zip(*weights, strict=True))
        small = takes_one_thread(sum(each.work for each in replicas))
        alone = share is None and self.device.type == "cpu"
        if alone and small and written_out(networks[0].head.family):
            from tabmixnn.training.stacked.compiled import CompiledNetwork as Network
        else:
            Network = StackedNetwork
        return Network(networks, self.backbone, by_term, few, clock, noise, share)

    def _epochs(
        self,
        network: StackedNetwork,
        train: StackedRows,
        plans: Sequence[BatchPlan],
        valid: Batch | None,
        schedule: Schedule,
        share: Share | None,
    ) -> Iterator[list[list[float]]]:
        """Train; yield what each epoch brings each replica: parts of its loss."""
        lengths = torch.tensor(train.lengths, device=self.device)
        parts: dict[tuple[int, ...], Tensor] = {}
        while True:
            sums = torch.zeros(2, len(train.lengths), device=self.device)
            for batch in _batches(train, plans, network.noise, share):
                part = network.step(batch, schedule.lr, self.settings.clip_norm)
                if batch.lengths not in parts:
                    rows = torch.tensor(batch.lengths, device=self.device)
                    parts[batch.lengths] = rows / lengths
                sums.addcmul_(part, parts[batch.lengths])
            if valid is not None:
                sums = torch.cat([sums, network.nll(valid)[None]])
            yield self.processes.sum(sums).T.tolist()

    def _whole_epochs(
        self, network: StackedNetwork, train: Batch, valid: Batch | None, schedule: Schedule
    ) -> Iterator[list[list[float]]]:
        """Do so where an epoch is one step: the next pass tells what this one did."""
        batch = train if valid is None else train.beside(valid)
        parts = network.differentiate(batch)
        while True:
            network.update(schedule.lr, self.settings.clip_norm)
            before, parts = parts, network.differentiate(batch)
            held = [] if valid is None else [network.held]
            yield torch.stack([*before, *held], 1).tolist()


def _batches(
    train: StackedRows, plans: Sequence[BatchPlan], noise: Noise, share: Share | None
) -> Iterator[Batch]:
    if len(plans[0]) == 1:
        yield train.all() if share is None else share.part(train.all(), share.rows)
        return
    epochs = [plan.epoch(g) for plan, g in zip(plans, noise.generators, strict=True)]
    for rows in zip(*epochs, strict=True):
        batch = train.take(rows)
        yield batch if share is None else share.part(batch, share.among(rows[0]))


def _record(column: Sequence[float]) -> dict[str, float]:
    nll, kl, *valid = column
    record = {"loss": nll + kl, "nll": nll, "kl": kl}
    return record | {"valid_nll": valid[0]} if valid else record
