"""Algorithm 1, on the smallest network that has its interface."""

import pytest
import torch
from torch import nn
from torch.distributions import Normal

from tabmixnn.encoder import EncoderInputs, EncoderSpec
from tabmixnn.objective import Objective
from tabmixnn.penalty_weights import ConstantWeight
from tabmixnn.training import (
    SCHEDULERS,
    Trainer,
    TrainingError,
    TrainingRows,
    TrainingSettings,
)

N_ROWS = 40


class Line(nn.Module):
    """``y ~ N(w x, 1)``; remembers the sizes of its batches."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(1))
        self.sizes = []

    def sample(self, inputs, penalties):
        self.sizes.append(len(inputs))
        return self.conditional(inputs)

    def conditional(self, inputs):
        return Normal(self.w * inputs.cont[:, 0], 1.0, validate_args=False)

    def kl(self):
        return torch.zeros(0)


def rows(n=N_ROWS, slope=2.0, seed=0):
    x = torch.randn(n, 1, generator=torch.Generator().manual_seed(seed))
    empty = torch.empty(n, 0, dtype=torch.int64)
    return TrainingRows(EncoderInputs(x, empty, (), torch.zeros(n)), slope * x[:, 0])


OBJECTIVE_SPEC = EncoderSpec(1, (), ())
OBJECTIVE = Objective(0.01, OBJECTIVE_SPEC, N_ROWS)


def train(valid=None, data=None, **settings):
    network, trainer = Line(), Trainer(TrainingSettings(**settings))
    torch.manual_seed(0)
    trainer.fit(network, OBJECTIVE, rows() if data is None else data, valid)
    return network, trainer


def test_it_learns_the_slope():
    network, trainer = train(epochs=300, lr=0.05)
    assert network.w.item() == pytest.approx(2, abs=1e-3)
    assert trainer.history[-1]["loss"] < trainer.history[0]["loss"]
    assert not network.training


def test_without_validation_rows_all_epochs_are_run():
    _, trainer = train(epochs=30, patience=1)
    assert len(trainer.history) == trainer.best_epoch == 30
    assert "valid_nll" not in trainer.history[0]


def test_every_row_is_seen_once_an_epoch():
    network, _ = train(epochs=2, batch_size=15)
    assert network.sizes == [15, 15, 10] * 2


def test_one_batch_when_the_data_fit():
    network, _ = train(epochs=3, batch_size=256)
    assert network.sizes == [N_ROWS] * 3


def test_it_stops_when_patience_runs_out_and_restores_the_best_weights():
    # The validation rows have a slope that training passes on its way to 2.
    valid = rows(slope=1.0, seed=1)
    network, trainer = train(valid, epochs=500, lr=0.05, patience=10)
    losses = [record["valid_nll"] for record in trainer.history]
    best = losses.index(min(losses))
    assert trainer.best_epoch == best + 1
    assert len(losses) == trainer.best_epoch + 10
    assert network.w.item() == pytest.approx(1, abs=0.05)
    assert OBJECTIVE.nll(network.conditional(valid.inputs), valid.y).item() == losses[best]


def test_no_patience_means_no_early_stop():
    _, trainer = train(rows(slope=1.0, seed=1), epochs=120, lr=0.05, patience=None)
    assert len(trainer.history) == 120
    assert trainer.best_epoch < 120


def test_a_loss_that_is_not_finite_is_an_error():
    data = rows()
    data.y[3] = float("nan")
    with pytest.raises(TrainingError, match=r"loss became nan in epoch 1. Lower lr \(now 0.001\)"):
        train(data=data)


def test_clipping_bounds_the_step():
    free, _ = train(epochs=1, lr=0.1)
    # Adam is invariant to the gradient's scale, so what clipping changes shows over steps of
    # different size: with all gradients cut to one norm the moments forget their ratio.
    clipped, _ = train(epochs=20, lr=0.1, clip_norm=1e-3)
    unclipped, _ = train(epochs=20, lr=0.1)
    assert free.w.item() == pytest.approx(0.1, abs=1e-3)
    assert clipped.w.item() != pytest.approx(unclipped.w.item(), abs=1e-3)


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_schedules_lower_the_learning_rate(name):
    _, trainer = train(rows(slope=1.0, seed=1), epochs=100, lr=0.05, patience=30, scheduler=name)
    rates = [record["lr"] for record in trainer.history]
    assert rates[0] == 0.05
    assert rates[-1] < 0.05
    assert rates == sorted(rates, reverse=True)


def test_callbacks_see_every_epoch():
    seen = []
    _, trainer = train(epochs=4, callbacks=(lambda *call: seen.append(call),))
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4]
    assert [record for _, record in seen] == trainer.history


def test_callbacks_cannot_change_the_history():
    _, trainer = train(epochs=2, callbacks=(lambda epoch, record: record.clear(),))
    assert all(record["lr"] == 0.001 for record in trainer.history)


class Penalised(Line):
    """A line whose slope is penalised, and which remembers when its order was fixed."""

    def __init__(self):
        super().__init__()
        self.fixed = []

    def sample(self, inputs, penalties):
        penalties.add("sparse", self.w.abs().sum())
        return super().sample(inputs, penalties)

    def fix_order(self):
        self.fixed.append(len(self.sizes))


def penalised(valid=None, **settings):
    network, trainer = Penalised(), Trainer(TrainingSettings(**settings))
    objective = Objective(0.01, OBJECTIVE_SPEC, N_ROWS, {"sparse": ConstantWeight(100.0)})
    trainer.fit(network, objective, rows(), valid)
    return network, trainer


def test_penalties_are_minimised_and_recorded():
    network, trainer = penalised(epochs=5, lr=1e-3)
    assert abs(network.w.item()) < 0.005
    record = trainer.history[-1]
    assert record["penalty"] == pytest.approx(100 * record["sparse"])
    assert record["loss"] == pytest.approx(record["nll"] + record["kl"] + record["penalty"])


def test_the_order_is_fixed_once_and_only_later_epochs_are_kept():
    network, trainer = penalised(rows(slope=0.0, seed=1), epochs=12, order_epochs=7)
    assert network.fixed == [7]
    assert trainer.best_epoch > 7


def test_patience_starts_when_the_order_is_fixed():
    # The validation loss rises from the start.
    _, trainer = train(rows(slope=-1.0, seed=1), epochs=50, lr=0.05, patience=3)
    assert len(trainer.history) == 4
    network = Penalised()
    trainer = Trainer(TrainingSettings(epochs=50, lr=0.05, patience=3, order_epochs=20))
    trainer.fit(network, OBJECTIVE, rows(), rows(slope=-1.0, seed=1))
    assert len(trainer.history) == 24
