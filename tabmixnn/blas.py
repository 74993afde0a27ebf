"""BLAS threads: small matrices are slower on two than on one."""

from __future__ import annotations

import contextlib
import functools


@functools.cache
def _libraries():
    import scipy.linalg  # noqa: F401 - its own library is looked for among those loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def one_blas_thread() -> contextlib.AbstractContextManager:
    """Keep BLAS to one thread."""
    return _libraries().limit(limits=1, user_api="blas")
