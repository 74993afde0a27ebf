"""How loops are compiled."""

from __future__ import annotations

from collections.abc import Callable

import numba

# Sums may be taken in any order; what is not finite must stay so. (A change goes unnoticed where
# what was compiled before is kept.)
OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}

inner = numba.njit(forceinline=True, **OPTIONS)
"""Compile a function into the loops of the same file that call it. (A function of another file
would be the one of then in what is kept. One that is not made part of its callers is optimised
once for itself and once with them, and which of the two is run, and so the last digit, would
depend on whether they have just been compiled.)"""


def compiled(signature: str) -> Callable[[Callable], Callable]:
    """Compile a function for arguments of these types, and keep it where there is a place."""

    def compile_(function: Callable) -> Callable:
        try:
            return numba.njit(signature, cache=True, **OPTIONS)(function)
        except Exception:  # There is none, or the disk is full, or what is there is broken.
            return numba.njit(signature, **OPTIONS)(function)

    return compile_
