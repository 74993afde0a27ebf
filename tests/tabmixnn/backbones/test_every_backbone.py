"""What every registered backbone has to pass; a new one is found here by itself."""

import pytest
import torch

from tabmixnn.backbones import BACKBONES, BackboneSettings, ManifoldSettings, Penalties
from tabmixnn.backbones.manifold import BlockSettings
from tabmixnn.inference.architecture import FOREIGN
from tabmixnn.inference.options import ARCHITECTURES

SETTINGS = BackboneSettings(
    hidden_dims=(8, 4),
    manifold=ManifoldSettings((BlockSettings((3, 4)), BlockSettings((5,)))),
)


@pytest.fixture(params=sorted(BACKBONES))
def backbone(request):
    torch.manual_seed(0)
    return BACKBONES[request.param](6, SETTINGS).eval()


def test_states_its_width(backbone):
    assert backbone(torch.randn(5, 6)).shape == (5, backbone.out_features)


def test_takes_no_rows(backbone):
    assert backbone(torch.randn(0, 6)).shape == (0, backbone.out_features)


def test_states_what_a_row_takes(backbone):
    assert backbone.floats_per_row >= backbone.out_features


def test_a_row_does_not_depend_on_its_neighbours(backbone):
    backbone.double()
    hidden = torch.randn(4, 6, dtype=torch.float64)
    torch.testing.assert_close(backbone(hidden)[1:2], backbone(hidden[1:2]))


def test_hands_its_penalties_to_who_asks(backbone):
    hidden, penalties = torch.randn(4, 6), Penalties()
    torch.testing.assert_close(backbone(hidden, penalties), backbone(hidden))
    assert all(value.ndim == 0 for value in penalties.values())


def test_every_weight_is_trained(backbone):
    backbone(torch.randn(9, 6)).square().sum().backward()
    assert all(parameter.grad is not None for parameter in backbone.parameters())


def test_has_layers(backbone):
    assert len(backbone.layers) == 2


def test_options_know_every_backbone():
    assert set(ARCHITECTURES) == set(FOREIGN) == set(BACKBONES)
