"""Blocks on grids and how they are put together (eqs. 24-29)."""

import math

import pytest
import torch

from tabmixnn.backbones import BackboneSettings, ManifoldBackbone, ManifoldSettings, Penalties
from tabmixnn.backbones.manifold import (
    AGGREGATIONS,
    BOUNDARIES,
    BlockSettings,
    GridError,
    ManifoldBlock,
    PositionStructure,
)

PLAIN = BackboneSettings(dropout=0.0, layer_norm=False, activation="tanh")
SHAPES = [(6,), (3, 4), (2, 3, 2), (2, 2, 2, 2)]


def block(in_features=5, settings=PLAIN, **options):
    torch.manual_seed(0)
    return ManifoldBlock(in_features, BlockSettings(**options), settings).double()


def rows(n=7, d=5):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def with_effects(module):
    torch.nn.init.normal_(module.structure.effects.raw, generator=torch.Generator().manual_seed(2))
    return module


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("use_spde", [True, False])
@pytest.mark.parametrize("use_sem", [True, False])
@pytest.mark.parametrize("boundary", sorted(BOUNDARIES))
def test_every_block_maps_rows_to_its_grid(shape, use_spde, use_sem, boundary):
    found = block(grid_shape=shape, use_spde=use_spde, use_sem=use_sem, boundary=boundary)(rows())
    assert found.shape == (7, math.prod(shape))
    assert torch.isfinite(found).all()
    torch.testing.assert_close(
        found[2:3],
        block(grid_shape=shape, use_spde=use_spde, use_sem=use_sem, boundary=boundary)(rows()[2:3]),
    )


def test_the_grid_of_every_row_is_smoothed_and_related():
    """Eqs. 25, 28 and 29 row by row, as the paper has them."""
    module = with_effects(block(grid_shape=(3, 4), use_sem=True))
    grid = module.mapping(rows()).unflatten(1, (3, 4))
    smooth = module.spde.multiply(grid, -0.5) / module.spde.variance().sqrt()
    inverse = torch.linalg.inv(torch.eye(12) - module.structure.effects.matrix())
    expected = torch.tanh(smooth.flatten(1) @ inverse.T)
    torch.testing.assert_close(module(rows()), expected)


def test_smoothing_keeps_the_size_and_brings_neighbours_together():
    def spread(kappa):
        module = block(2000, grid_shape=(12, 12), spde_kappa_init=kappa)
        fields = module.fields()[:-1].unflatten(-1, (12, 12))
        steps = fields.diff(dim=-1).square().mean() / fields.square().mean()
        return steps.item(), (fields.square().mean() * 3 * 2000).item()

    rough, smooth = spread(5.0), spread(0.3)
    assert smooth[0] < 0.3 < rough[0]
    assert rough[1] == pytest.approx(1.0, rel=0.05)
    assert smooth[1] == pytest.approx(1.0, rel=0.05)


def test_kappa_is_learned():
    module = block(grid_shape=(5, 5))
    module(rows()).square().sum().backward()
    assert module.spde.raw_kappa.grad.abs() > 0


def test_effects_fade_with_distance():
    module = with_effects(block(grid_shape=(3, 4), use_sem=True, sem_lengthscale_init=1.5))
    effects = module.structure.effects
    matrix = effects.matrix()
    assert not matrix.triu().any()
    # Points (2, 1) and (0, 3) are the square root of 8 steps apart.
    expected = effects.raw[9, 3] * math.exp(-8 / (2 * 1.5**2))
    torch.testing.assert_close(matrix[9, 3], expected)


def test_ends_of_a_periodic_axis_are_near_each_other():
    reflecting = PositionStructure((8,), 1.0, "reflecting").effects
    periodic = PositionStructure((8,), 1.0, "periodic").effects
    assert reflecting.squares[7, 0] == 49
    assert periodic.squares[7, 0] == 1


def test_the_sem_reports_its_effects():
    module = with_effects(block(grid_shape=(4,), use_sem=True))
    penalties = Penalties()
    module(rows(), penalties)
    assert set(penalties) == {"sparse"}
    torch.testing.assert_close(penalties["sparse"], module.structure.effects.matrix().abs().sum())


def test_residual_adds_the_input():
    settings = BackboneSettings(dropout=0.0, layer_norm=False, residual=True)
    same = block(4, settings, grid_shape=(2, 2))
    plain = torch.relu(same.mapping(rows(d=4)))
    assert same(rows(d=4)).shape == plain.shape
    assert isinstance(same.shortcut, torch.nn.Identity)
    wider = block(5, settings, grid_shape=(2, 2))
    without = block(5, BackboneSettings(dropout=0.0, layer_norm=False), grid_shape=(2, 2))
    without.load_state_dict(wider.state_dict(), strict=False)
    torch.testing.assert_close(wider(rows()), without(rows()) + rows() @ wider.shortcut.weight.T)


def backbone(aggregation, *shapes, **options):
    blocks = tuple(BlockSettings(shape, **options) for shape in shapes)
    torch.manual_seed(0)
    settings = BackboneSettings(
        dropout=0.0, layer_norm=False, manifold=ManifoldSettings(blocks, aggregation)
    )
    return ManifoldBackbone(5, settings).double()


@pytest.mark.parametrize("aggregation", sorted(AGGREGATIONS))
def test_every_aggregation_states_its_width(aggregation):
    module = backbone(aggregation, (3, 4), (12,), (2, 6))
    assert module(rows()).shape == (7, module.out_features)
    assert module.floats_per_row >= module.out_features


def test_aggregations_are_those_of_the_paper():
    shapes = ((3, 4), (12,))
    module = backbone("concat", *shapes)
    first = module.layers[0](rows())
    second = module.layers[1](first)
    torch.testing.assert_close(module(rows()), torch.cat([first, second], dim=1))
    torch.testing.assert_close(backbone("sum", *shapes)(rows()), first + second)
    weighted = backbone("attention", *shapes)
    torch.testing.assert_close(weighted(rows()), (first + second) / 2)
    with torch.no_grad():
        weighted.aggregation.logits.copy_(torch.tensor([math.log(3.0), 0.0]))
    torch.testing.assert_close(weighted(rows()), 0.75 * first + 0.25 * second)


def test_blocks_of_different_sizes_can_only_be_concatenated():
    assert backbone("concat", (3, 4), (5,)).out_features == 17
    with pytest.raises(GridError, match=r"'sum' adds the blocks up, .*\(3, 4\), \(5,\)"):
        backbone("sum", (3, 4), (5,))


def test_grids_too_large_for_what_they_carry_are_refused():
    with pytest.raises(GridError, match=r"grid_shape=\(256, 256\) on 65,536 features takes 4.3e"):
        backbone("concat", (256, 256), (256, 256))
    with pytest.raises(GridError, match=r"use_sem relates every two points.* has 10,000"):
        BlockSettings((100, 100), use_sem=True)


def test_a_grid_of_256_by_256_is_within_reach():
    module = backbone("concat", (256, 256)).float()
    module(rows().float()).square().mean().backward()
    assert torch.isfinite(module.layers[0].spde.raw_kappa.grad)
