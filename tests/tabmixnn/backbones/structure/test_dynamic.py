"""Self-attention over variables, eq. 21."""

import math

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
    expected = structure.out(torch.cat(heads, -1)).squeeze(-1)
    torch.testing.assert_close(structure(xi), expected)


def test_attention_differs_between_rows():
    torch.manual_seed(0)
    structure = DynamicStructure(5, StructureSettings(n_heads=1, attention_dim=4))
    weights = structure.attention(torch.tensor([[0.0] * 5, [3.0, -3, 1, 2, 0]]))
    assert (weights[0] - weights[1]).abs().max() > 0.01
