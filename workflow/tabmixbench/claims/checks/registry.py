"""Every check by its name."""

from __future__ import annotations

from collections.abc import Callable

from tabmixbench.claims.claim import Finding

#: A check gets the evidence and the claim, and the claim's settings as keywords.
Check = Callable[..., Finding]

CHECKS: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Register a check under its name."""
    CHECKS[function.__name__] = function
    return function
