"""Training rows that are read block by block, in another order in every epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch

from tabmixnn.streaming.source import Block
from tabmixnn.training.rows import TrainingRows

BUFFER_ROWS = 1 << 20
"""Rows that are mixed with each other: those of a few blocks."""
HELD_SHARE = 0.5
"""Share of the rows of a block that may be set aside, so that its groups keep rows to train on."""


class HeldRows:
    """A fixed random choice of the rows to validate by: some rows of a few blocks.

    Of a block half the rows are set aside at most: where rows are sorted by group, the groups of a
    block keep the other half to train on. The rows of few blocks are soon read.

    Parameters
    ----------
    blocks : sequence of Block
    fraction : float
        Share of the rows that is wanted.
    seed : int
    """

    def __init__(self, blocks: Sequence[Block], fraction: float, seed: int) -> None:
        self.seed = seed
        total = sum(block.n_rows for block in blocks)
        wanted, chosen = fraction * total, 0
        self.share = max(HELD_SHARE, fraction)
        self.starts: set[int] = set()
        for place in np.random.default_rng(seed).permutation(len(blocks)):
            if chosen * self.share >= wanted:
                break
            self.starts.add(blocks[place].start)
            chosen += blocks[place].n_rows
        # The last block may be more than was missing.
        self.share = wanted / chosen if chosen else 0.0

    def of(self, start: int, n_rows: int) -> np.ndarray:
        """Return which rows of the block that starts at `start` are set aside, shape (n_rows,)."""
        if start not in self.starts:
            return np.zeros(n_rows, dtype=bool)
        return np.random.default_rng([self.seed, start]).random(n_rows) < self.share


class BlockRows:
    """Rows of blocks of a file, with what `Trainer` asks of `TrainingRows`.

    Parameters
    ----------
    blocks : sequence of Block
    read : callable
        From a block to its rows, in batches.
    n_rows : int
        Number of rows that `read` gives of all blocks.
    device : torch.device, optional
        Where rows go that are read; by default they stay on the CPU.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        read: Callable[[Block], Iterable[TrainingRows]],
        n_rows: int,
        device: torch.device | None = None,
    ) -> None:
        self.blocks, self.read, self.n_rows = list(blocks), read, n_rows
        self.device = device or torch.device("cpu")

    def __len__(self) -> int:
        return self.n_rows

    def to(self, device: torch.device) -> BlockRows:
        """Return the rows such that what is read goes to a device."""
        return BlockRows(self.blocks, self.read, self.n_rows, device)

    def batches(self, size: int) -> Iterator[TrainingRows]:
        """Yield the batches of an epoch: blocks in random order, a few of them mixed at a time."""
        order = torch.randperm(len(self.blocks)).tolist()
        buffer: list[TrainingRows] = []
        for rows in self._read(order):
            buffer.append(rows)
            if sum(map(len, buffer)) >= max(BUFFER_ROWS, size):
                mixed = TrainingRows.together(buffer)
                whole = len(mixed) // size * size
                yield from mixed.take(slice(0, whole)).by_group().to(self.device).batches(size)
                # What does not fill a batch goes with the next blocks.
                buffer = [mixed.take(slice(whole, None))]
        if sum(map(len, buffer)):
            yield from TrainingRows.together(buffer).by_group().to(self.device).batches(size)

    def parts(self, size: int) -> Iterator[TrainingRows]:
        """Yield all rows in the order of the file, at most `size` at a time."""
        for rows in self._read(range(len(self.blocks))):
            yield from rows.to(self.device).parts(size)

    def _read(self, order: Iterable[int]) -> Iterator[TrainingRows]:
        for place in order:
            yield from (rows for rows in self.read(self.blocks[place]) if len(rows))
