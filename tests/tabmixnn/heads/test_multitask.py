"""Heads of several outcomes."""

import numpy as np
import pytest
import torch

from tabmixnn.families import Gaussian, Multinomial, Poisson
from tabmixnn.families.joint import JointFamily
from tabmixnn.heads import MultitaskHead, OutputHead, build_head, output_graph

RNG = np.random.default_rng(0)
N = 9
Y = np.column_stack([RNG.normal(50, 10, N), np.arange(N) % 3, RNG.poisson(20, N)])
FEATURES = torch.randn(N, 4, generator=torch.Generator().manual_seed(0)).double()
OFFSET = torch.linspace(0, 1, N).double()


def head(mode="none", model=None):
    family = JointFamily({"g": Gaussian(), "m": Multinomial(), "p": Poisson()}, [1, 1, 1]).bind(Y)
    torch.manual_seed(0)
    graph = output_graph(mode, list(family.families), model)
    module = build_head(4, family, family.response_scale(Y), graph)
    module.start(family.response_scale(Y).standardise(Y), np.zeros(N))
    return module.double()


def test_one_outcome_gets_the_plain_head():
    graph = output_graph("none", ["y"], None)
    assert isinstance(
        build_head(4, Gaussian(), Gaussian().response_scale(Y[:, 0]), graph), OutputHead
    )


def test_without_edges_every_outcome_is_its_own_head():
    module = head()
    assert isinstance(module, MultitaskHead)
    etas = module.linear_predictors(FEATURES, OFFSET)
    assert [tuple(eta.shape) for eta in etas] == [(N,), (N, 3), (N,)]
    torch.testing.assert_close(etas[2], module.heads[2].linear_predictor(FEATURES, OFFSET))
    gaussian = module.heads[0].linear_predictor(FEATURES, OFFSET / Y[:, 0].std())
    torch.testing.assert_close(etas[0], gaussian)


def test_an_edge_adds_what_it_says():
    plain, edged = head(), head("lavaan", "p ~ 0.1*g")
    first, *_ = plain.linear_predictors(FEATURES, 0 * OFFSET)
    _, _, before = plain.linear_predictors(FEATURES, 0 * OFFSET)
    _, _, after = edged.linear_predictors(FEATURES, 0 * OFFSET)
    # In the response's units; what is constant belongs to the intercepts.
    torch.testing.assert_close(after - before, 0.1 * Y[:, 0].std() * first)


def test_predictions_are_gathered_by_name():
    module = head("learned")
    with torch.no_grad():
        parts = [
            module.predict("response", FEATURES[i], OFFSET[i]) for i in (slice(4), slice(4, N))
        ]
    found = module.gather(parts)
    assert {name: array.shape for name, array in found.items()} == {
        "g": (N,),
        "m": (N, 3),
        "p": (N,),
    }
    np.testing.assert_allclose(found["m"].sum(axis=1), 1)


def test_only_a_learned_structure_is_penalised():
    assert head().penalties() == {}
    assert head("lavaan", "p ~ g").penalties() == {}
    assert set(head("learned").penalties()) == {"output_sparse"}


def test_the_likelihood_reaches_every_parameter():
    module = head("learned")
    y = torch.tensor(module.scale.standardise(Y))
    y[0, 1] = torch.nan
    (-module(FEATURES, OFFSET).log_prob(y).mean()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    assert module.structure.effects.grad.abs().sum() > 0


def test_it_starts_at_the_mean_of_the_counts():
    module = head()
    assert module.heads[2].predicted["rate"].bias.item() == pytest.approx(np.log(Y[:, 2].mean()))
