"""Inverse links: from what a head computes to a distribution's parameter (eq. 30)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

InverseLink = Callable[[Tensor], Tensor]


def identity(eta: Tensor) -> Tensor:
    """Return the linear predictor unchanged."""
    return eta


def exp(eta: Tensor) -> Tensor:
    """Inverse of the log link, for parameters that must be positive."""
    return torch.exp(eta)
