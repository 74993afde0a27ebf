"""How many threads BLAS has for random effects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np

from tabmixnn.blas import one_blas_thread

from .terms import Block

SMALL_REMAINDER = 500
"""Columns of the dense remainder from which a second thread pays."""


@contextlib.contextmanager
def calm_blas(blocks: Sequence[Block]) -> Iterator[None]:
    """Keep BLAS to one thread unless the effects beside the largest factor are many."""
    widths = [len(b.levels) * np.shape(b.Z)[1] for b in blocks]
    if sum(widths) - max(widths) >= SMALL_REMAINDER:
        yield
        return
    with one_blas_thread():
        yield
