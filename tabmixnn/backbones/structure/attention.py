"""Multi-head self-attention over a layer's variables (eq. 21 of the paper)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class VariableTokens(nn.Module):
    """A vector for each of d scalar variables: ``eta_j * direction_j + place_j``.

    Eq. 21 multiplies queries and keys of the variables, which single numbers do not have; each
    variable therefore gets a direction and a place of its own, as numeric columns do in
    transformers for tables (Gorishniy et al. 2021).

    Parameters
    ----------
    n_variables, width : int
        d and the length of a token.
    """

    def __init__(self, n_variables: int, width: int) -> None:
        super().__init__()
        self.direction = nn.Parameter(torch.empty(n_variables, width))
        self.place = nn.Parameter(torch.empty(n_variables, width))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw directions and places uniformly, with variance 1 / (3 width)."""
        bound = 1 / math.sqrt(self.direction.shape[1])
        nn.init.uniform_(self.direction, -bound, bound)
        nn.init.uniform_(self.place, -bound, bound)

    def forward(self, eta: Tensor) -> Tensor:
        """Map (n, d) to (n, d, width)."""
        return eta.unsqueeze(-1) * self.direction + self.place


class VariableValues(nn.Module):
    """A number for each of d variables from its vector: ``direction_j' vector_j + place_j``.

    The way back from `VariableTokens`. With one direction for all of them the variables would
    start as nearly the same number, because attention starts nearly even: all below zero in
    half of the layers, where ReLU has no slope and nothing is ever learnt.

    Parameters
    ----------
    n_variables, width : int
        d and the length of a vector.
    """

    def __init__(self, n_variables: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_variables, width))
        self.bias = nn.Parameter(torch.empty(n_variables))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw directions and places uniformly, as ``nn.Linear`` does."""
        bound = 1 / math.sqrt(self.weight.shape[1])
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, vectors: Tensor) -> Tensor:
        """Map (n, d, width) to (n, d)."""
        return torch.einsum("ndw,dw->nd", vectors, self.weight) + self.bias


class AttentionWeights(nn.Module):
    r"""``softmax(Q K' / sqrt(d_k))`` of every row and head (eq. 21).

    Parameters
    ----------
    width : int
        Length of a token.
    n_heads : int
        Heads; divides `width`, and :math:`d_k` is the quotient.
    """

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (n, d, width) to weights (n, n_heads, d, d); each row of weights sums to 1."""
        # Heads first in memory, and the division before the product: the (d, d) weights are by far
        # the largest thing here, and are neither divided nor, when heads are summed, copied.
        query, key = (
            self.split(projected).transpose(0, 1)
            for projected in (self.query(tokens), self.key(tokens))
        )
        scores = (query / math.sqrt(query.shape[-1])) @ key.mT
        return torch.softmax(scores, dim=-1).transpose(0, 1)

    def split(self, projected: Tensor) -> Tensor:
        """Map (n, d, width) to (n, n_heads, d, d_k)."""
        return projected.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
