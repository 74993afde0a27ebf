"""Everything random in training, from one stream a replica."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

LEVELS = 2**16


class Noise:
    """Random streams of R replicas.

    What a replica draws depends on its seed and its own sizes alone, so that a replica comes out
    the same in every company, and is drawn on the CPU, so that it does so on every device.

    Parameters
    ----------
    seeds : sequence of int
        One a replica.
    device : torch.device
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self.device = device
        self.generators = [torch.Generator().manual_seed(seed) for seed in seeds]

    def bits(self, lengths: Sequence[int], width: int) -> Tensor:
        """Draw 16 random bits for each feature of a batch, which decide if it is dropped.

        Parameters
        ----------
        lengths : sequence of int
            Rows of each replica; ones beyond it, up to the longest, get anything.
        width : int

        Returns
        -------
        Tensor of int16, shape (R, longest, width)
        """
        longest = max(lengths)
        stride = -(-longest * width // 4)
        bits = torch.empty(len(lengths), stride, dtype=torch.int64)
        for r, (length, generator) in enumerate(zip(lengths, self.generators, strict=True)):
            bits[r, : -(-length * width // 4)].random_(-(2**63), None, generator=generator)
        return bits.view(torch.int16)[:, : longest * width].view(len(lengths), longest, width)

    @staticmethod
    def threshold(rate: float) -> tuple[int, float]:
        """Return below which bits a feature is dropped, and by what others are multiplied.

        That keeps the mean. The rate is rounded to a multiple of 2^-16.
        """
        dropped = min(round(rate * LEVELS), LEVELS - 1)
        return dropped - LEVELS // 2, LEVELS / (LEVELS - dropped)

    def keep(
        self, lengths: Sequence[int], width: int, rate: float, rows: slice | None = None
    ) -> Tensor:
        """Draw dropout's factors: 0 with probability `rate`, else what keeps the mean.

        Parameters
        ----------
        lengths, width
            See `bits`.
        rate : float
        rows : slice, optional
            Those whose factors are wanted, if not all.

        Returns
        -------
        Tensor, shape (R, longest, width)
        """
        drawn = self.bits(lengths, width)
        drawn = drawn if rows is None else drawn[:, rows]
        threshold, factor = self.threshold(rate)
        # 16 bits are half of what a factor takes to be moved.
        return (drawn.to(self.device) >= threshold) * factor

    def normal(self, counts: Sequence[int], width: int) -> Tensor:
        """Draw standard normals, `counts` rows for each replica: shape (sum(counts), width)."""
        if len(counts) == 1:
            drawn = torch.randn(counts[0], width, generator=self.generators[0])
            return drawn.to(self.device)
        drawn = torch.empty(sum(counts), width)
        for part, generator in zip(drawn.split(counts), self.generators, strict=True):
            part.normal_(generator=generator)
        return drawn.to(self.device)
