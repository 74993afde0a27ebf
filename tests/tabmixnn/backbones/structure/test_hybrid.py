"""The implicit equation 22 and when it can be solved."""

from itertools import pairwise

import pytest
import torch

from tabmixnn.backbones import Penalties
from tabmixnn.backbones.structure import (
    HybridStructure,
    StructureSettings,
    squared_spectral_norm,
)

SIZE, ROWS = 6, 5


def hybrid(steps=2, effects=0.1, seed=0):
    torch.manual_seed(seed)
    settings = StructureSettings(True, True, n_heads=2, attention_dim=4, hybrid_steps=steps)
    structure = HybridStructure(SIZE, settings).double()
    with torch.no_grad():
        structure.effects.raw.normal_(std=effects)
    return structure


@pytest.fixture
def xi():
    return torch.randn(ROWS, SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_repeated_substitution_converges_to_the_implicit_solution(xi):
    errors = []
    for steps in (1, 2, 4, 8, 16):
        structure = hybrid(steps)
        errors.append(structure.residual(xi, structure(xi)).abs().max().item())
    assert all(later < earlier for earlier, later in pairwise(errors))
    assert errors[-1] < 1e-10


def test_default_number_of_steps_is_nearly_there(xi):
    structure = hybrid(StructureSettings().hybrid_steps)
    assert structure.residual(xi, structure(xi)).abs().max() < 0.02 * xi.abs().max()


@pytest.mark.parametrize("raw", [-8.0, -0.5, 0.0, 3.0, 8.0])
def test_dynamic_part_alone_is_always_solvable(raw, xi):
    structure = hybrid(effects=0.0)
    with torch.no_grad():
        structure.raw_gains.fill_(raw)
    effects = structure.dynamic_effects(xi * 10)
    assert (effects.abs().sum(-1) < 1).all()
    assert (torch.linalg.eigvals(effects).abs() < 1).all()
    assert structure(xi * 10).isfinite().all()


def test_attention_as_printed_would_be_singular(xi):
    weights = hybrid().attention(xi).mean(1)
    constant = torch.ones(SIZE, 1, dtype=torch.float64)
    system = torch.eye(SIZE, dtype=torch.float64) - weights
    assert (system @ constant).abs().max() < 1e-12


def test_contraction_penalty_is_the_mean_squared_spectral_norm(xi):
    structure = hybrid()
    penalties = Penalties()
    structure(xi, penalties)
    _, effects = structure.solve(xi)
    exact = torch.linalg.svdvals(effects)[:, 0].square().mean()
    torch.testing.assert_close(penalties["contract"], exact)


def test_minimising_the_penalty_makes_the_equation_a_contraction(xi):
    structure = hybrid(effects=0.5)
    optimizer = torch.optim.Adam(structure.parameters(), lr=0.05)

    def norm():
        return squared_spectral_norm(structure.solve(xi)[1]).max().item()

    assert norm() > 1
    for _ in range(60):
        penalties = Penalties()
        structure(xi, penalties)
        optimizer.zero_grad()
        penalties["contract"].backward()
        optimizer.step()
    assert norm() < 0.5
