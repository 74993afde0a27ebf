"""Random numbers of training, drawn on the CPU wherever the network is.

Every kind of accelerator has generators of its own. Drawn on the CPU and moved, the same seed
gives the same model everywhere, to rounding.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

_generator_in_use = threading.RLock()


@contextmanager
def single_precision() -> Iterator[None]:
    """Make single precision torch's default type inside, and leave the default as it was.

    Networks are trained in it, whatever their user's other models are in.
    """
    default = torch.get_default_dtype()
    if default == torch.float32:
        yield
        return
    with _generator_in_use:
        torch.set_default_dtype(torch.float32)
        try:
            yield
        finally:
            torch.set_default_dtype(default)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed torch's own generator inside, and leave it as it was.

    All threads share that generator, so one that comes here waits until no other is inside. In
    single precision, because the numbers drawn in double precision are others.
    """
    with _generator_in_use, single_precision(), torch.random.fork_rng(devices=[]):
        # Not torch.manual_seed, which formats the stack for every kind of accelerator.
        torch.default_generator.manual_seed(seed)
        yield


def normals_like(values: Tensor) -> Tensor:
    """Draw standard normals, of the shape and where `values` are."""
    return torch.randn_like(values, device="cpu").to(values.device)


def uniforms(shape: tuple[int, ...], device: torch.device) -> Tensor:
    """Draw uniforms between 0 and 1."""
    return torch.rand(shape).to(device)


class Dropout(nn.Module):
    """``nn.Dropout``, drawn on the CPU.

    Parameters
    ----------
    rate : float
        Probability with which a value is set to zero in training.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, hidden: Tensor) -> Tensor:
        """Map values of any shape."""
        if not self.training or hidden.device.type == "cpu":
            return functional.dropout(hidden, self.rate, self.training)
        keep = torch.empty_like(hidden, device="cpu").bernoulli_(1 - self.rate).div_(1 - self.rate)
        return hidden * keep.to(hidden.device)
