"""Relations that depend on the row, by self-attention (eq. 21 of the paper)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from tabmixnn.backbones.penalties import Penalties
from tabmixnn.backbones.structure.attention import (
    AttentionWeights,
    VariableTokens,
    VariableValues,
)
from tabmixnn.backbones.structure.settings import StructureSettings


class DynamicStructure(nn.Module):
    """``eta = B_d(xi) V`` with the layer's d variables as tokens (eq. 21).

    Parameters
    ----------
    n_variables : int
        Width d of the layer.
    settings : StructureSettings
        Heads and length of the tokens.
    """

    def __init__(self, n_variables: int, settings: StructureSettings) -> None:
        super().__init__()
        self.tokens = VariableTokens(n_variables, settings.attention_dim)
        self.weights = AttentionWeights(settings.attention_dim, settings.n_heads)
        self.value = nn.Linear(settings.attention_dim, settings.attention_dim)
        self.out = VariableValues(n_variables, settings.attention_dim)
        self.floats_per_row = n_variables * max(4 * settings.attention_dim, n_variables)

    def forward(self, xi: Tensor, penalties: Penalties | None = None) -> Tensor:
        """Map (n, d) to (n, d); there is nothing to penalise."""
        tokens = self.tokens(xi)
        # Fused: the (n, heads, d, d) weights are not kept.
        mixed = functional.scaled_dot_product_attention(
            self.weights.split(self.weights.query(tokens)),
            self.weights.split(self.weights.key(tokens)),
            self.weights.split(self.value(tokens)),
        )
        return self.out(mixed.transpose(1, 2).flatten(2))

    def attention(self, xi: Tensor) -> Tensor:
        """Return B_d of every row and head, (n, n_heads, d, d), for xi of shape (n, d)."""
        return self.weights(self.tokens(xi))
