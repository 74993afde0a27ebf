"""Random effects, eqs. 6-7 and 49-50, and the strategies for unseen groups."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from tabmixnn.encoder import UNKNOWN_STRATEGIES, BlockSpec, GroupRows, RandomEffects

LEVELS, TERMS, DIM = 7, 2, 3


def make(unknown="zero", centre=True, seed=0):
    torch.manual_seed(seed)
    spec = BlockSpec("g", ("(Intercept)", "x"), LEVELS)
    term = RandomEffects(spec, DIM, UNKNOWN_STRATEGIES[unknown](TERMS, DIM), centre=centre)
    torch.nn.init.normal_(term.mu)
    torch.nn.init.normal_(term.log_sigma)
    return term


def test_untrained_effects_are_zero():
    spec = BlockSpec("g", ("(Intercept)", "x"), LEVELS)
    term = RandomEffects(spec, DIM, UNKNOWN_STRATEGIES["zero"](TERMS, DIM), centre=True)
    torch.testing.assert_close(term.mean(), torch.zeros(LEVELS + 1, TERMS, DIM))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_kl_equals_torch_and_is_averaged_over_levels(seed):
    term = make(seed=seed)
    reference = kl_divergence(Normal(term.mu, term.log_sigma.exp()), Normal(0.0, 1.0)).sum()
    torch.testing.assert_close(term.kl(), reference / LEVELS)


@pytest.mark.parametrize("draw", ["sample", "mean"])
def test_centred_effects_sum_to_zero_over_levels(draw):
    effects = getattr(make(), draw)()
    torch.testing.assert_close(effects[:-1].sum(dim=0), torch.zeros(TERMS, DIM), atol=1e-5, rtol=0)


def test_without_centring_the_mean_is_mu():
    term = make(centre=False)
    torch.testing.assert_close(term.mean()[:-1], term.mu)


def test_samples_have_the_posteriors_moments():
    term = make(centre=False)
    draws = torch.stack([term.sample()[:-1] for _ in range(4000)])
    sigma = term.log_sigma.exp()
    assert ((draws.mean(0) - term.mu).abs() < 5 * sigma / 4000**0.5).all()
    torch.testing.assert_close(draws.std(0), sigma, rtol=0.07, atol=0)


def test_every_level_is_drawn_once_a_step():
    term = make()
    rows = GroupRows(torch.tensor([2, 2, 5]), torch.tensor([[1.0, 0.5], [1.0, 0.5], [1.0, 0.5]]))
    out = term(rows, term.sample())
    torch.testing.assert_close(out[0], out[1])
    assert not torch.allclose(out[0], out[2])


def test_contribution_is_the_sum_over_slopes_of_z_times_u():
    term = make()
    rows = GroupRows(torch.tensor([0, 3]), torch.tensor([[1.0, 2.0], [1.0, -1.0]]))
    effects = term.mean()
    expected = torch.stack([effects[0, 0] + 2 * effects[0, 1], effects[3, 0] - effects[3, 1]])
    torch.testing.assert_close(term(rows, effects), expected)


@pytest.mark.parametrize("unknown", sorted(UNKNOWN_STRATEGIES))
def test_population_level_is_zero_whatever_the_strategy(unknown):
    term = make(unknown)
    assert torch.count_nonzero(term.zero()) == 0


def test_zero_strategy_gives_unseen_groups_zero():
    assert torch.count_nonzero(make("zero").mean()[-1]) == 0


def test_learned_embedding_receives_gradients_from_the_groups_it_stands_in_for():
    term = make("learned")
    term.unknown.rate = 1.0
    effects = term.sample()
    torch.testing.assert_close(effects[:-1], term.unknown.row.expand(LEVELS, TERMS, DIM))
    effects[:-1].sum().backward()
    torch.testing.assert_close(term.unknown.row.grad, torch.full((1, TERMS, DIM), float(LEVELS)))


def test_learned_strategy_hides_about_the_stated_share_of_groups():
    term = make("learned", centre=False)
    hidden = torch.stack([(term.sample()[:-1] == term.unknown.row).all((1, 2)) for _ in range(500)])
    assert hidden.float().mean().item() == pytest.approx(term.unknown.rate, abs=0.03)
