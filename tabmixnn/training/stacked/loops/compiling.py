"""How loops are compiled."""

from __future__ import annotations

from collections.abc import Callable

import numba

# Sums may be taken in any order; what is not finite must stay so.
OPTIONS = {
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "nsz", "arcp"},
}

inner = numba.njit(**OPTIONS)
"""Compile a function that loops of the same file call. (A change of another file goes unnoticed
where what was compiled is kept.)"""


def compiled(signature: str) -> Callable[[Callable], Callable]:
    """Compile a function for arguments of these types, and keep it where there is a place."""

    def compile_(function: Callable) -> Callable:
        try:
            return numba.njit(signature, cache=True, **OPTIONS)(function)
        except RuntimeError:  # There is none.
            return numba.njit(signature, **OPTIONS)(function)

    return compile_
