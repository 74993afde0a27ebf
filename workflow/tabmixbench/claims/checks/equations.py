"""Equations that can be evaluated."""

from __future__ import annotations

import numpy as np

from tabmixbench.claims.checks.registry import check
from tabmixbench.claims.claim import Claim, Finding
from tabmixbench.claims.evidence import Evidence


@check
def acyclicity_penalty(
    evidence: Evidence, claim: Claim, *, size: int = 8, draws: int = 200, seed: int = 0
) -> Finding:
    """Whether trace(exp(B∘B)) - d (eqs. 20, 51) is ever positive for B as eq. 19 defines it."""
    from scipy.linalg import expm

    rng = np.random.default_rng(seed)
    penalties = [
        np.trace(expm(np.tril(rng.normal(scale=2, size=(size, size)), k=-1) ** 2)) - size
        for _ in range(draws)
    ]
    largest = float(np.abs(penalties).max())
    return Finding(
        largest,
        holds=largest > 1e-6,
        note=f"largest value over {draws} random strictly lower-triangular matrices",
    )
