"""Linear maps of R replicas, with their derivatives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tabmixnn.training.stacked.pool import ParameterPool


class StackedLinear:
    """``nn.Linear``, one a replica.

    Parameters
    ----------
    pool : ParameterPool
    modules : sequence of nn.Linear
    """

    def __init__(self, pool: ParameterPool, modules: Sequence[nn.Linear]) -> None:
        count, (out, into) = len(modules), modules[0].weight.shape
        self.weight = pool.claim([m.weight for m in modules], count, out, into)
        self.bias = (
            None
            if modules[0].bias is None
            else pool.claim([m.bias for m in modules], count, 1, out)
        )

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (R, n, in) to (R, n, out)."""
        if self.bias is None:
            return torch.bmm(hidden, self.weight.value.mT)
        return torch.baddbmm(self.bias.value, hidden, self.weight.value.mT)

    def backward(self, hidden: Tensor, grad: Tensor) -> Tensor:
        """Set the parameters' gradients and return the input's.

        Parameters
        ----------
        hidden : Tensor, shape (R, n, in)
            The input.
        grad : Tensor, shape (R, n, out)
            The output's gradient.
        """
        self.backward_parameters(hidden, grad)
        return torch.bmm(grad, self.weight.value)

    def backward_parameters(self, hidden: Tensor, grad: Tensor) -> None:
        """Set the parameters' gradients where nobody wants the input's."""
        torch.bmm(grad.mT, hidden, out=self.weight.grad)
        if self.bias is not None:
            torch.sum(grad, 1, keepdim=True, out=self.bias.grad)
