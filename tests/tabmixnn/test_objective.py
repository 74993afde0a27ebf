"""The objective, eqs. 47-50."""

import pytest
import torch
from torch.distributions import Normal

from tabmixnn.encoder import BlockSpec, EncoderSpec
from tabmixnn.objective import Objective

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
