"""What holds for every structure, found in the registry."""

import copy
import pickle

import pytest
import torch

from tabmixnn.backbones import Penalties
from tabmixnn.backbones.structure import ORDERS, STRUCTURES, StructureSettings, build_structure

SIZE, ROWS = 6, 4
CASES = [
    StructureSettings(static, dynamic, order=order, n_heads=2, attention_dim=4)
    for static, dynamic in STRUCTURES
    for order in (sorted(ORDERS) if static else ["fixed"])
]
PENALTIES = {
    (True, False): {"dag", "sparse"},
    (False, True): set(),
    (True, True): {"dag", "sparse", "contract"},
}


@pytest.fixture(params=CASES, ids=lambda s: f"static{s.static:d}-dynamic{s.dynamic:d}-{s.order}")
def settings(request):
    return request.param


@pytest.fixture
def structure(settings):
    torch.manual_seed(0)
    structure = build_structure(SIZE, settings).double()
    with torch.no_grad():
        for name, parameter in structure.named_parameters():
            if name.endswith("raw"):
                parameter.normal_(std=0.1)
    return structure


@pytest.fixture
def xi():
    return torch.randn(ROWS, SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_shape(structure, xi):
    assert structure(xi).shape == (ROWS, SIZE)


def test_no_rows_give_no_rows(structure, xi):
    assert structure(xi[:0]).shape == (0, SIZE)


def test_a_row_does_not_depend_on_its_neighbours(structure, xi):
    torch.testing.assert_close(structure(xi)[1:2], structure(xi[1:2]))


def test_deterministic(structure, settings, xi):
    torch.manual_seed(0)
    again = build_structure(SIZE, settings).double()
    again.load_state_dict(structure.state_dict())
    assert torch.equal(structure(xi), again(xi))


def test_gradients_reach_every_parameter(structure, xi):
    penalties = Penalties()
    out = structure(xi, penalties)
    (out.square().sum() + sum(penalties.values())).backward()
    for name, parameter in structure.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        # A key's bias shifts all scores of a query alike, which softmax does not see.
        if not name.endswith("key.bias"):
            assert parameter.grad.any(), name


def test_gradient_agrees_with_differences(structure, xi):
    assert torch.autograd.gradcheck(structure, xi.requires_grad_(), atol=1e-6)


def test_penalties_have_the_names_of_their_weights(structure, settings, xi):
    penalties = Penalties()
    structure(xi, penalties)
    assert set(penalties) == PENALTIES[settings.static, settings.dynamic]
    assert all(value.shape == () and value >= 0 for value in penalties.values())


def test_penalties_do_not_change_the_result(structure, xi):
    assert torch.equal(structure(xi), structure(xi, Penalties()))


def test_penalties_of_layers_add_up(structure, xi):
    once, twice = Penalties(), Penalties()
    structure(xi, once)
    structure(xi, twice)
    structure(xi, twice)
    for name, value in once.items():
        torch.testing.assert_close(twice[name], 2 * value)


def test_copies_and_pickles_are_equal(structure, xi):
    for other in (copy.deepcopy(structure), pickle.loads(pickle.dumps(structure))):
        assert torch.equal(other(xi), structure(xi))


def test_memory_of_a_row_is_stated(structure):
    assert structure.floats_per_row >= SIZE


def test_attention_is_a_distribution_over_variables(structure, settings, xi):
    if not settings.dynamic:
        assert not hasattr(structure, "attention")
        return
    weights = structure.attention(xi)
    assert weights.shape == (ROWS, 2, SIZE, SIZE)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(ROWS, 2, SIZE, dtype=torch.float64))


def test_no_structure_is_none():
    assert build_structure(SIZE, StructureSettings()) is None
