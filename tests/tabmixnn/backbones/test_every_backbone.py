"""What every registered backbone has to pass; a new one is found here by itself."""

import pytest
import torch

from tabmixnn import TabMixNN
from tabmixnn.backbones import BACKBONES, Penalties
from tabmixnn.inference.options import VariationalOptions


@pytest.fixture(params=sorted(BACKBONES))
def options(request):
    example = BACKBONES[request.param].example
    return TabMixNN(architecture=request.param, **example).get_params()


@pytest.fixture
def backbone(options):
    torch.manual_seed(0)
    settings = VariationalOptions.from_mapping(options).backbone
    return BACKBONES[options["architecture"]].load()(6, settings).eval()


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


def test_its_layers_say_what_structure_they_have(backbone):
    assert all(hasattr(layer, "structure") for layer in backbone.layers)


def test_options_of_its_own_are_parameters_that_are_not_given_by_default(options):
    for name, absent in BACKBONES[options["architecture"]].options.items():
        assert TabMixNN().get_params()[name] == absent
