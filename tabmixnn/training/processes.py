"""The processes that ``torchrun`` starts, which train one network together."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor, distributed

from tabmixnn.training.identity import digest

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What ``torchrun`` tells the processes it starts."""
LOCAL = {"LOCAL_RANK": 0, "LOCAL_WORLD_SIZE": 1}
"""What it tells them of their own machine: a process's number and how many there are."""


class Processes:
    """One process alone: what others would add is nothing.

    Attributes
    ----------
    rank, count : int
        Number of this process, counted from 0, and of all.
    """

    rank, count = 0, 1

    def sum(self, values: Tensor) -> Tensor:
        """Add up, in place, what the processes have; return it."""
        return values

    def join(self, values: Tensor, counts: Sequence[int]) -> Tensor:
        """Return the rows of all processes one after the other, given how many each has."""
        return values

    def of_first(self, number: int) -> int:
        """Return the number that the first process has."""
        return number

    def check_same(self, arrays: Iterable[np.ndarray]) -> None:
        """Check that all processes were given the same arrays.

        Raises
        ------
        ValueError
            In all of them, if one was given others.
        """

    def part(self, n: int) -> slice:
        """Return this process's even share of n rows."""
        return slice(n * self.rank // self.count, n * (self.rank + 1) // self.count)


class Together(Processes):
    """Several processes, by the process group of ``torch.distributed``."""

    def __init__(self) -> None:
        self.rank, self.count = distributed.get_rank(), distributed.get_world_size()

    def sum(self, values: Tensor) -> Tensor:
        distributed.all_reduce(values)
        return values

    def join(self, values: Tensor, counts: Sequence[int]) -> Tensor:
        # Collectives take parts of one size.
        part = values.new_zeros(max(counts), *values.shape[1:])
        part[: len(values)] = values
        parts = [torch.empty_like(part) for _ in counts]
        distributed.all_gather(parts, part)
        return torch.cat([each[:count] for each, count in zip(parts, counts, strict=True)])

    def of_first(self, number: int) -> int:
        return int(self._each(number)[0])

    def check_same(self, arrays: Iterable[np.ndarray]) -> None:
        found = self._each(digest(arrays)).tolist()
        others = [rank for rank in range(self.count) if found[rank] != found[0]]
        if others:
            raise ValueError(
                f"Process {others[0]} of {self.count} was given other rows than process 0. Under "
                "torchrun every process calls fit with the same data, in the same order."
            )

    def _each(self, number: int) -> Tensor:
        return self.join(torch.tensor([number]), [1] * self.count)


ALONE = Processes()


def processes() -> Processes:
    """Return the processes that fit together with this one, as ``torchrun`` started them.

    The first call in each process waits for the others. Each of a machine's processes has a GPU
    of its own and they add up by NCCL, or they share the GPUs there are and add up by gloo. A
    script that has made a process group of ``torch.distributed`` itself fits with that one; it
    needs a backend for the CPU.
    """
    if not distributed.is_available():
        return ALONE
    if not distributed.is_initialized():
        named = all(name in os.environ for name in VARIABLES)
        if not named or int(os.environ["WORLD_SIZE"]) == 1:
            return ALONE
        start()
    return Together() if distributed.get_world_size() > 1 else ALONE


def start() -> None:
    """Make the process group of the processes that ``torchrun`` started."""
    rank, count = (int(os.environ.get(name, default)) for name, default in LOCAL.items())
    gpus = torch.cuda.device_count()
    if gpus:
        torch.cuda.set_device(rank % gpus)
    # NCCL wants a GPU for each process. Without a name torch would take it for GPUs alone.
    distributed.init_process_group("cpu:gloo,cuda:nccl" if gpus >= count else "gloo")
    atexit.register(distributed.destroy_process_group)
