"""Eq. 46: the output-level structural equation model."""

import numpy as np
import pytest
import torch

from tabmixnn.heads import OutputStructure, output_graph

SIZES = {"a": 1, "b": 2, "c": 1}
UNITS = np.array([10.0, 1.0, 1.0, 2.0])


def structure(mode="learned", model=None, units=None):
    module = OutputStructure(output_graph(mode, list(SIZES), model), SIZES, units).double()
    return module


def test_it_starts_as_the_identity():
    xi = torch.randn(5, 4, dtype=torch.float64)
    torch.testing.assert_close(structure()(xi), xi)


def test_it_is_block_triangular_and_solves_its_equation():
    module = structure()
    torch.nn.init.normal_(module.effects)
    matrix = module.matrix()
    torch.testing.assert_close(matrix, matrix.tril(-1))
    assert matrix[1, 2] == matrix[2, 1] == 0  # no edge within an outcome
    assert (matrix != 0).sum() == 2 + 1 + 2
    xi = torch.randn(5, 4, dtype=torch.float64)
    theta = module(xi)
    torch.testing.assert_close(theta, theta @ matrix.T + xi)


def test_its_gradient_is_right():
    module = structure()
    xi = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    effects = torch.randn_like(module.effects).requires_grad_()

    def solve(xi, effects):
        return torch.func.functional_call(module, {"effects": effects}, (xi,))

    assert torch.autograd.gradcheck(solve, (xi, effects))


def test_fixed_and_starting_values_are_in_the_responses_units():
    module = structure("lavaan", "c ~ 0.5*a; b ~ start(0.3)*a", UNITS)
    response = module.response_matrix()
    assert response[3, 0] == pytest.approx(0.5)
    np.testing.assert_allclose(response[1:3, 0], 0.3)
    assert module.matrix()[3, 0].item() == pytest.approx(0.5 * 10 / 2)
    assert len(module.effects) == 2


def test_equal_labels_are_equal_in_the_responses_units():
    module = structure("lavaan", "c ~ k*a; b ~ a", UNITS)
    shared = OutputStructure(
        output_graph("lavaan", ["p", "q", "r"], "q ~ k*p; r ~ k*q"),
        {"p": 1, "q": 1, "r": 1},
        np.array([1.0, 5.0, 2.0]),
    )
    assert len(shared.effects) == 1
    torch.nn.init.constant_(shared.effects, 0.7)
    response = shared.response_matrix()
    assert response[1, 0] == pytest.approx(response[2, 1])
    assert len(module.effects) == 3


def test_sparsity_is_the_l1_norm():
    module = structure()
    with torch.no_grad():
        module.effects.copy_(torch.tensor([1.0, -2, 3, 0, -4]))
    assert module.sparsity() == 10
