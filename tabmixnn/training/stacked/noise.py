"""Everything random in training, from one stream a replica."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

LEVELS = 2**16


class Noise:
    """Random streams of R replicas.

    What a replica draws depends on its seed and its own sizes alone, so that a replica comes out
    the same in every company.

    Parameters
    ----------
    seeds : sequence of int
        One a replica.
    device : torch.device
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self.device = device
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def keep(self, lengths: Sequence[int], width: int, rate: float) -> Tensor:
        """Draw dropout's factors: 0 with probability `rate`, else what keeps the mean.

        A factor costs 16 random bits, so the rate is a multiple of 2^-16.

        Parameters
        ----------
        lengths : sequence of int
            Rows of each replica; ones beyond it, up to the longest, get anything.
        width : int
        rate : float

        Returns
        -------
        Tensor, shape (R, longest, width)
        """
        longest = max(lengths)
        stride = -(-longest * width // 4)
        bits = torch.empty(len(lengths), stride, dtype=torch.int64, device=self.device)
        for row, length, generator in zip(bits, lengths, self.generators, strict=True):
            row[: -(-length * width // 4)].random_(-(2**63), None, generator=generator)
        dropped = round(rate * LEVELS)
        factors = bits.view(torch.int16)[:, : longest * width].to(torch.float32)
        factors.ge_(dropped - LEVELS / 2).mul_(LEVELS / (LEVELS - dropped))
        return factors.view(len(lengths), longest, width)

    def normal(self, counts: Sequence[int], width: int) -> Tensor:
        """Draw standard normals, `counts` rows for each replica: shape (sum(counts), width)."""
        if len(counts) == 1:
            return torch.randn(counts[0], width, generator=self.generators[0], device=self.device)
        drawn = torch.empty(sum(counts), width, device=self.device)
        for part, generator in zip(drawn.split(counts), self.generators, strict=True):
            part.normal_(generator=generator)
        return drawn
