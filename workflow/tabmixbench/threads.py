"""How many threads the numerical libraries of a process use."""

from __future__ import annotations

import os

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Read by the libraries when they are imported, and never again."""


def with_threads(count: int) -> dict[str, str]:
    """Return this process's environment for one that computes on so many threads."""
    return os.environ | dict.fromkeys(THREADS, str(count))
