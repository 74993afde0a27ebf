"""Ways to put the blocks' results together (item 4 of section 3.2.2 of the paper)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn


class Concatenation(nn.Module):
    """``[H1, ..., HL]`` side by side.

    Parameters
    ----------
    widths : sequence of int
        Width of each block's result.
    """

    needs_equal_widths: ClassVar[bool] = False

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.out_features = sum(widths)

    def forward(self, results: Sequence[Tensor]) -> Tensor:
        """Map L results (n, width) to (n, sum of widths)."""
        return torch.cat(list(results), dim=-1)


class Summation(nn.Module):
    """``sum_l H_l`` of results of one width."""

    needs_equal_widths: ClassVar[bool] = True

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.out_features = widths[0]

    def forward(self, results: Sequence[Tensor]) -> Tensor:
        """Map L results (n, width) to (n, width)."""
        return torch.stack(list(results)).sum(0)


class Attention(nn.Module):
    """``sum_l alpha_l H_l`` with learned weights, positive and of sum one, equal at the start.

    Attributes
    ----------
    weights : Tensor, shape (L,)
    """

    needs_equal_widths: ClassVar[bool] = True

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.out_features = widths[0]
        self.logits = nn.Parameter(torch.zeros(len(widths)))

    @property
    def weights(self) -> Tensor:
        return self.logits.softmax(0)

    def forward(self, results: Sequence[Tensor]) -> Tensor:
        """Map L results (n, width) to (n, width)."""
        return torch.einsum("l,lnw->nw", self.weights, torch.stack(list(results)))


AGGREGATIONS: dict[str, type[nn.Module]] = {
    "attention": Attention,
    "concat": Concatenation,
    "sum": Summation,
}
"""Aggregations by name."""
