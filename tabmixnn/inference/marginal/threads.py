"""BLAS threads: small matrices are slower on two than on one."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence

import numpy as np

from .terms import Block

SMALL_REMAINDER = 500
"""Columns of the dense remainder from which a second thread pays."""


@functools.cache
def _blas():
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread() -> contextlib.AbstractContextManager:
    """Keep BLAS to one thread."""
    return _blas().limit(limits=1, user_api="blas")


@contextlib.contextmanager
def calm_blas(blocks: Sequence[Block]) -> Iterator[None]:
    """Keep BLAS to one thread unless the effects beside the largest factor are many."""
    widths = [len(b.levels) * np.shape(b.Z)[1] for b in blocks]
    if sum(widths) - max(widths) >= SMALL_REMAINDER:
        yield
        return
    with one_blas_thread():
        yield
