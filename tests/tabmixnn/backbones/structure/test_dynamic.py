"""Self-attention over variables, eq. 21."""

import math

import pytest
import torch

from tabmixnn.backbones.structure import DynamicStructure, StructureSettings


def test_output_is_the_printed_formula():
    torch.manual_seed(0)
    structure = DynamicStructure(5, StructureSettings(n_heads=2, attention_dim=6)).double()
    xi = torch.randn(3, 5, dtype=torch.float64)
    tokens = xi[:, :, None] * structure.tokens.direction + structure.tokens.place
    heads = []
    for h in (slice(0, 3), slice(3, 6)):
        query = structure.weights.query(tokens)[..., h]
        key = structure.weights.key(tokens)[..., h]
        weights = torch.softmax(query @ key.mT / math.sqrt(3), dim=-1)
        heads.append(weights @ structure.value(tokens)[..., h])
    expected = (torch.cat(heads, -1) * structure.out.weight).sum(-1) + structure.out.bias
    torch.testing.assert_close(structure(xi), expected)


def test_attention_differs_between_rows():
    torch.manual_seed(0)
    structure = DynamicStructure(5, StructureSettings(n_heads=1, attention_dim=4))
    weights = structure.attention(torch.tensor([[0.0] * 5, [3.0, -3, 1, 2, 0]]))
    assert (weights[0] - weights[1]).abs().max() > 0.01


@pytest.mark.parametrize("seed", range(20))
def test_variables_do_not_all_start_on_one_side_of_zero(seed):
    torch.manual_seed(seed)
    structure = DynamicStructure(32, StructureSettings())
    positive = structure(torch.randn(50, 32)) > 0
    # With ReLU after it a layer without a positive variable would be dead.
    assert positive.any(dim=1).all()
    assert not positive.all(dim=1).any()
