"""Derivatives of the activation functions in ``ACTIVATIONS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

_aten = torch.ops.aten


@dataclass(frozen=True)
class Activation:
    """A function and its derivative.

    Parameters
    ----------
    forward : callable
        ``(x) -> value``.
    backward : callable
        ``(grad, x, value) -> grad of x``.
    """

    forward: Callable[[Tensor], Tensor]
    backward: Callable[[Tensor, Tensor, Tensor], Tensor]


DERIVATIVES = {
    "elu": Activation(
        functional.elu,
        lambda grad, x, value: _aten.elu_backward.default(grad, 1.0, 1.0, 1.0, False, x),
    ),
    "gelu": Activation(
        functional.gelu, lambda grad, x, value: _aten.gelu_backward.default(grad, x)
    ),
    "relu": Activation(
        torch.relu, lambda grad, x, value: _aten.threshold_backward.default(grad, value, 0)
    ),
    "silu": Activation(
        functional.silu, lambda grad, x, value: _aten.silu_backward.default(grad, x)
    ),
    "tanh": Activation(torch.tanh, lambda grad, x, value: _aten.tanh_backward.default(grad, value)),
}
