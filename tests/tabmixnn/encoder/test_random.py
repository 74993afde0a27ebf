"""Random effects, eqs. 6-7 and 17, and the strategies for unseen groups."""

import numpy as np
import pytest
import torch

from tabmixnn.encoder import UNKNOWN_STRATEGIES, BlockSpec, GroupRows, RandomEffects
from tabmixnn.encoder.covariance import AR1, Placed
from tabmixnn.encoder.priors import build_prior

LEVELS, TERMS, DIM = 7, 2, 3


@pytest.fixture
def effects():
    torch.manual_seed(0)
    return torch.randn(LEVELS, TERMS, DIM)


def make(unknown="zero", centre=True, **structure):
    spec = BlockSpec("g", ("(Intercept)", "x"), LEVELS, **structure)
    strategy = UNKNOWN_STRATEGIES[unknown](TERMS, DIM)
    return RandomEffects(spec, build_prior("standard", spec), strategy, centre=centre)


@pytest.mark.parametrize("table", ["drawn", "expected"])
def test_centred_effects_sum_to_zero_over_levels(effects, table):
    centred = getattr(make(), table)(effects)
    torch.testing.assert_close(centred[:-1].sum(dim=0), torch.zeros(TERMS, DIM), atol=1e-5, rtol=0)


def test_without_centring_they_are_what_they_are(effects):
    torch.testing.assert_close(make(centre=False).expected(effects)[:-1], effects)


def test_levels_with_a_structure_are_not_exchangeable_and_not_centred(effects):
    placed = Placed(AR1(0.5), np.arange(LEVELS))
    torch.testing.assert_close(make(over_levels=placed).expected(effects)[:-1], effects)


def test_contribution_is_the_sum_over_slopes_of_z_times_u(effects):
    term = make()
    rows = GroupRows(torch.tensor([0, 3]), torch.tensor([[1.0, 2.0], [1.0, -1.0]]))
    table = term.expected(effects)
    expected = torch.stack([table[0, 0] + 2 * table[0, 1], table[3, 0] - table[3, 1]])
    torch.testing.assert_close(term(rows, table), expected)


@pytest.mark.parametrize("unknown", sorted(UNKNOWN_STRATEGIES))
def test_population_level_is_zero_whatever_the_strategy(effects, unknown):
    assert torch.count_nonzero(make(unknown).zero(effects)) == 0


def test_zero_strategy_gives_unseen_groups_zero(effects):
    assert torch.count_nonzero(make("zero").expected(effects)[-1]) == 0


def test_learned_embedding_receives_gradients_from_the_groups_it_stands_in_for(effects):
    term = make("learned")
    term.unknown.rate = 1.0
    table = term.drawn(effects)
    torch.testing.assert_close(table[:-1], term.unknown.row.expand(LEVELS, TERMS, DIM))
    table[:-1].sum().backward()
    torch.testing.assert_close(term.unknown.row.grad, torch.full((1, TERMS, DIM), float(LEVELS)))


def test_learned_strategy_hides_about_the_stated_share_of_groups(effects):
    torch.manual_seed(0)
    term = make("learned", centre=False)
    rows = [(term.drawn(effects)[:-1] == term.unknown.row).all((1, 2)) for _ in range(500)]
    hidden = torch.stack(rows).float().mean().item()
    assert hidden == pytest.approx(term.unknown.rate, abs=0.03)
