"""How many threads a training step is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

SMALL_STEP = 2**24
"""Multiplications below which a second thread costs more than it brings."""


@contextmanager
def threads_for(work: int) -> Iterator[None]:
    """Keep torch to one thread inside, if a step is small; its setting is put back.

    Parameters
    ----------
    work : int
        Multiplications in a step.
    """
    before = torch.get_num_threads()
    if work >= SMALL_STEP or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
