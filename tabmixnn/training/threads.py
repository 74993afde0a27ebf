"""How many threads a training step is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from tabmixnn.blas import one_blas_thread

SMALL_STEP = 2**24
"""Multiplications below which a second thread costs more than it brings."""


def takes_one_thread(work: int) -> bool:
    """Return whether a step of so many multiplications is done on one thread."""
    return work < SMALL_STEP or torch.get_num_threads() == 1


@contextmanager
def threads_for(work: int) -> Iterator[None]:
    """Keep torch and BLAS to one thread inside, if a step is small; their settings are put back.

    Parameters
    ----------
    work : int
        Multiplications in a step.
    """
    if not takes_one_thread(work):
        yield
        return
    before = torch.get_num_threads()
    with one_blas_thread():
        if before == 1:  # perhaps by another of Python's threads, which will put it back
            yield
            return
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)
