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


@check
def hybrid_inverse(
    evidence: Evidence, claim: Claim, *, size: int = 8, draws: int = 200, seed: int = 0
) -> Finding:
    """Whether I - B_s - B_d of eq. 22 has an inverse where no static edge has been learned.

    B_d is a softmax (eq. 21), so that its rows sum to 1 and I - B_d maps the ones to zero.
    """
    from scipy.special import softmax

    rng = np.random.default_rng(seed)
    attention = softmax(rng.normal(scale=2, size=(draws, size, size)), axis=-1)
    smallest = np.linalg.svd(np.eye(size) - attention, compute_uv=False)[:, -1]
    largest = float(smallest.max())
    return Finding(
        largest,
        holds=largest > 1e-6,
        note=f"largest of the smallest singular values of I - B_d over {draws} random softmaxes",
    )
