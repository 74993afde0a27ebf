"""The GSEM backbone, eq. 18."""

import pytest
import torch

from tabmixnn.backbones import (
    ACTIVATIONS,
    BackboneSettings,
    GSEMBackbone,
    GSEMLayer,
    Penalties,
    StructureSettings,
)

PLAIN = {"dropout": 0.0, "layer_norm": False}


@pytest.mark.parametrize("hidden", [(), (8,), (8, 4)])
def test_the_last_layer_gives_the_width(hidden):
    backbone = GSEMBackbone(6, BackboneSettings(hidden_dims=hidden))
    assert backbone.out_features == (hidden[-1] if hidden else 6)


def test_without_hidden_layers_the_input_passes_through():
    hidden = torch.randn(5, 6)
    torch.testing.assert_close(GSEMBackbone(6, BackboneSettings(hidden_dims=()))(hidden), hidden)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_layer_order_is_linear_activation_norm(activation):
    layer = GSEMLayer(6, 4, BackboneSettings(activation=activation, dropout=0.0))
    hidden = torch.randn(5, 6)
    raw = ACTIVATIONS[activation]()(hidden @ layer.linear.weight.T + layer.linear.bias)
    torch.testing.assert_close(layer(hidden), torch.nn.functional.layer_norm(raw, (4,)))


def test_residual_adds_the_input():
    torch.manual_seed(0)
    layer = GSEMLayer(6, 6, BackboneSettings(residual=True, **PLAIN))
    hidden = torch.randn(5, 6)
    torch.testing.assert_close(layer(hidden), torch.relu(layer.linear(hidden)) + hidden)


def test_residual_between_different_widths_is_linear():
    layer = GSEMLayer(6, 4, BackboneSettings(residual=True, **PLAIN))
    hidden = torch.randn(5, 6)
    expected = torch.relu(layer.linear(hidden)) + hidden @ layer.shortcut.weight.T
    torch.testing.assert_close(layer(hidden), expected)


def test_dropout_acts_in_training_only():
    layer = GSEMLayer(6, 50, BackboneSettings(dropout=0.5, layer_norm=False))
    hidden = torch.randn(40, 6)
    dropped = (layer(hidden) == 0).float().mean()
    layer.eval()
    kept = (layer(hidden) == 0).float().mean()
    assert dropped > kept + 0.15
    torch.testing.assert_close(layer(hidden), layer(hidden))


def test_structure_comes_between_linear_and_activation():
    torch.manual_seed(0)
    structure = StructureSettings(static=True)
    layer = GSEMLayer(6, 4, BackboneSettings(structure=structure, **PLAIN))
    torch.nn.init.normal_(layer.structure.effects.raw)
    hidden = torch.randn(5, 6)
    inverse = torch.linalg.inv(torch.eye(4) - layer.structure.effects.matrix())
    expected = torch.relu(layer.linear(hidden) @ inverse.T)
    torch.testing.assert_close(layer(hidden), expected, rtol=1e-4, atol=1e-5)


def test_penalties_are_summed_over_layers():
    settings = BackboneSettings(hidden_dims=(4, 3), structure=StructureSettings(static=True))
    backbone = GSEMBackbone(6, settings)
    for layer in backbone.layers:
        torch.nn.init.ones_(layer.structure.effects.raw)
    penalties = Penalties()
    backbone(torch.randn(5, 6), penalties)
    assert penalties["sparse"].item() == 4 * 3 / 2 + 3 * 2 / 2
    assert penalties["dag"].item() == 0


def test_memory_of_a_row_counts_attention():
    plain = GSEMBackbone(6, BackboneSettings(hidden_dims=(20, 3)))
    dynamic = StructureSettings(static=True, dynamic=True, n_heads=4)
    hybrid = GSEMBackbone(6, BackboneSettings(hidden_dims=(20, 3), structure=dynamic))
    assert plain.floats_per_row == 20
    assert hybrid.floats_per_row >= 4 * 20 * 20


def test_fixing_the_order_reaches_every_layer():
    structure = StructureSettings(static=True, order="learned")
    backbone = GSEMBackbone(6, BackboneSettings(hidden_dims=(4, 3), structure=structure))
    backbone.fix_order()
    allowed = [int(layer.structure.effects.allowed.sum()) for layer in backbone.layers]
    assert allowed == [6, 3]
