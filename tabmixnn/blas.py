"""BLAS threads: small matrices are slower on two than on one."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator

_lock = threading.Lock()
_inside: list[object] = []
"""What puts the setting of the process back, once for each of the threads that are inside."""


@functools.cache
def _libraries():
    import scipy.linalg  # noqa: F401 - its own library is looked for among those loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS to one thread; the last of several threads to leave puts its setting back."""
    with _lock:
        _inside.append(_inside[0] if _inside else _libraries().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            limit = _inside.pop()
            if not _inside:
                limit.restore_original_limits()
