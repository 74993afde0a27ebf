"""The encoder, eq. 17."""

import pytest
import torch

from tabmixnn.encoder import (
    BlockSpec,
    EncoderInputs,
    EncoderSpec,
    GroupRows,
    MixedEffectsEncoder,
)

SPEC = EncoderSpec(
    n_cont=2,
    cat_sizes=(3,),
    blocks=(BlockSpec("g", ("(Intercept)", "x"), 4), BlockSpec("h", ("(Intercept)",), 3)),
)


@pytest.fixture
def inputs():
    torch.manual_seed(0)
    return EncoderInputs(
        cont=torch.randn(6, 2),
        cat=torch.tensor([[1], [2], [3], [1], [2], [3]]),
        groups=(
            GroupRows(torch.tensor([0, 1, 2, 3, 4, 0]), torch.randn(6, 2)),
            GroupRows(torch.tensor([0, 1, 2, 0, 1, 3]), torch.ones(6, 1)),
        ),
        offset=torch.zeros(6),
    )


@pytest.fixture
def encoder():
    torch.manual_seed(1)
    made = MixedEffectsEncoder(SPEC, 5, unknown_strategy="zero", enforce_centering=True)
    for term in made.posterior.terms:
        torch.nn.init.normal_(term.mu)
    return made


def test_output_is_fixed_plus_the_sum_of_the_terms(encoder, inputs):
    effects = encoder.posterior_mean()
    expected = encoder.fixed(inputs)
    for rows, table in zip(inputs.groups, effects, strict=True):
        expected = expected + (rows.z[:, :, None] * table[rows.codes]).sum(dim=1)
    out = encoder(inputs, effects)
    assert out.shape == (6, 5)
    torch.testing.assert_close(out, expected)


def test_population_level_is_the_fixed_part(encoder, inputs):
    torch.testing.assert_close(encoder(inputs, encoder.population()), encoder.fixed(inputs))


def test_an_unseen_group_gets_the_population_level(encoder, inputs):
    conditional = encoder(inputs, encoder.posterior_mean())
    partly = encoder(inputs, [encoder.population()[0], encoder.posterior_mean()[1]])
    torch.testing.assert_close(conditional[4], partly[4])  # row 4 has an unseen level of g


def test_kl_has_one_entry_a_term(encoder):
    assert encoder.kl().shape == (2,)
    bare = EncoderSpec(n_cont=2, cat_sizes=(), blocks=())
    without = MixedEffectsEncoder(bare, 5, unknown_strategy="zero", enforce_centering=True)
    assert without.kl().shape == (0,)


def test_rows_do_not_depend_on_each_other(encoder, inputs):
    effects = encoder.posterior_mean()
    picked = torch.tensor([5, 1])
    torch.testing.assert_close(
        encoder(inputs.take(picked), effects), encoder(inputs, effects)[picked]
    )
