"""Everything random in training, from one stream a replica."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
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

    def keep(
        self,
        lengths: Sequence[int],
        width: int,
        rate: float,
        out: Tensor | None = None,
        rows: slice | None = None,
    ) -> Tensor:
        """Draw dropout's factors: 0 with probability `rate`, else what keeps the mean.

        A factor costs 16 random bits, so the rate is a multiple of 2^-16.

        Parameters
        ----------
        lengths : sequence of int
            Rows of each replica; ones beyond it, up to the longest, get anything.
        width : int
        rate : float
        out : Tensor, shape (R, longest, width), optional
            Where to put them.
        rows : slice, optional
            Those whose factors are wanted, if not all.

        Returns
        -------
        Tensor, shape (R, longest, width)
        """
        longest = max(lengths)
        stride = -(-longest * width // 4)
        bits = torch.empty(len(lengths), stride, dtype=torch.int64)
        for row, length, generator in zip(bits, lengths, self.generators, strict=True):
            row[: -(-length * width // 4)].random_(-(2**63), None, generator=generator)
        dropped = round(rate * LEVELS)
        drawn = bits.view(torch.int16)[:, : longest * width].view(len(lengths), longest, width)
        drawn = drawn if rows is None else drawn[:, rows]
        if self.device.type != "cpu":
            # 16 bits are half of what a factor takes to be moved, and the CPU has enough to do.
            kept = drawn.to(self.device) >= dropped - LEVELS // 2
            return kept * (LEVELS / (LEVELS - dropped))
        factors = torch.empty(drawn.shape) if out is None else out
        kept = np.greater_equal(drawn.numpy(), dropped - LEVELS // 2)
        np.multiply(kept, np.float32(LEVELS / (LEVELS - dropped)), out=factors.numpy())
        return factors

    def normal(self, counts: Sequence[int], width: int) -> Tensor:
        """Draw standard normals, `counts` rows for each replica: shape (sum(counts), width)."""
        if len(counts) == 1:
            drawn = torch.randn(counts[0], width, generator=self.generators[0])
            return drawn.to(self.device)
        drawn = torch.empty(sum(counts), width)
        for part, generator in zip(drawn.split(counts), self.generators, strict=True):
            part.normal_(generator=generator)
        return drawn.to(self.device)
