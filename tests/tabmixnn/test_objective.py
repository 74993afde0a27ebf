"""The objective, eqs. 47-53."""

import pytest
import torch
from torch.distributions import Normal

from tabmixnn.encoder import BlockSpec, EncoderSpec
from tabmixnn.objective import Objective
from tabmixnn.penalty_weights import AcyclicityWeight, ConstantWeight, PenaltySettings

SPEC = EncoderSpec(
    n_cont=1,
    cat_sizes=(),
    blocks=(BlockSpec("g", ("(Intercept)",), 5), BlockSpec("h", ("(Intercept)",), 20)),
)
N_ROWS = 50
KL_SUMS = torch.tensor([7.0, 12.0])
KL_MEANS = KL_SUMS / torch.tensor([5.0, 20.0])


@pytest.fixture
def outcome():
    generator = torch.Generator().manual_seed(0)
    y = torch.randn(N_ROWS, generator=generator)
    return Normal(torch.zeros(N_ROWS), torch.tensor(1.3)), y


def test_auto_is_the_negative_elbo_per_row(outcome):
    distribution, y = outcome
    loss = Objective("auto", SPEC, N_ROWS)(distribution, y, KL_MEANS)
    elbo = distribution.log_prob(y).sum() - KL_SUMS.sum()
    torch.testing.assert_close(loss.total, -elbo / N_ROWS)


def test_a_number_weighs_the_mean_over_levels_of_every_term(outcome):
    distribution, y = outcome
    loss = Objective(0.01, SPEC, N_ROWS)(distribution, y, KL_MEANS)
    torch.testing.assert_close(loss.nll, -distribution.log_prob(y).mean())
    torch.testing.assert_close(loss.kl, 0.01 * KL_MEANS.sum())
    torch.testing.assert_close(loss.total, loss.nll + loss.kl)


def test_minibatches_estimate_the_full_objective_without_bias(outcome):
    distribution, y = outcome
    objective = Objective("auto", SPEC, N_ROWS)
    full = objective(distribution, y, KL_MEANS).total
    parts = [
        objective(Normal(torch.zeros(10), torch.tensor(1.3)), batch, KL_MEANS).total
        for batch in y.split(10)
    ]
    torch.testing.assert_close(torch.stack(parts).mean(), full)


def test_without_random_effects_only_the_likelihood_counts(outcome):
    distribution, y = outcome
    bare = EncoderSpec(n_cont=1, cat_sizes=(), blocks=())
    loss = Objective(0.01, bare, N_ROWS)(distribution, y, torch.zeros(0))
    torch.testing.assert_close(loss.total, loss.nll)


PENALTIES = {"dag": torch.tensor(0.5), "sparse": torch.tensor(3.0), "contract": torch.tensor(2.0)}


def test_every_penalty_has_a_weight_of_its_own(outcome):
    distribution, y = outcome
    settings = PenaltySettings(lambda_dag=0.1, lambda_sparse=0.01, lambda_contract=0.2)
    plain = Objective("auto", SPEC, N_ROWS)(distribution, y, KL_MEANS)
    objective = Objective("auto", SPEC, N_ROWS, settings.weights())
    loss = objective(distribution, y, KL_MEANS, PENALTIES)
    expected = 0.1 * 0.5 + 0.01 * 3 + 0.2 * 2
    torch.testing.assert_close(loss.total, plain.total + expected)
    parts = {name: value.item() for name, value in loss.parts().items()}
    assert list(parts) == ["loss", "nll", "kl", "penalty", "dag", "sparse", "contract"]
    assert parts["penalty"] == pytest.approx(expected)
    assert parts["loss"] == pytest.approx(parts["nll"] + parts["kl"] + parts["penalty"])
    assert (parts["dag"], parts["sparse"], parts["contract"]) == (0.5, 3, 2)


def test_a_penalty_without_a_weight_is_recorded_only(outcome):
    distribution, y = outcome
    loss = Objective("auto", SPEC, N_ROWS)(distribution, y, KL_MEANS, PENALTIES)
    torch.testing.assert_close(loss.total, loss.nll + loss.kl)
    assert loss.parts()["sparse"].item() == 3


def test_penalties_in_float64_leave_the_loss_in_float32(outcome):
    distribution, y = outcome
    objective = Objective("auto", SPEC, N_ROWS, {"dag": ConstantWeight(1.0)})
    penalties = {"dag": torch.tensor(0.5, dtype=torch.float64)}
    parts = objective(distribution, y, KL_MEANS, penalties).parts()
    assert {value.dtype for value in parts.values()} == {torch.float32}


def test_weights_see_the_end_of_an_epoch():
    weight = AcyclicityWeight(0.1, every=1)
    Objective("auto", SPEC, N_ROWS, {"dag": weight}).end_epoch({"dag": 0.5, "loss": 1.0})
    assert weight.schedule.alpha == pytest.approx(0.1 + weight.schedule.rho * 0.5)


def test_a_weight_for_no_group_is_refused():
    with pytest.raises(ValueError, match=r"weight for 'k', which is no group .* has 'g', 'h'"):
        Objective({"g": 0.1, "h": 0.1, "k": 1.0}, SPEC, N_ROWS)
