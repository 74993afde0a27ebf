"""Start values of the variances of structured terms."""

from __future__ import annotations

import numpy as np

from .terms import StructuredTerm

UNTOLD = 0.4
"""Share of the variance that a term starts with when no level has two rows to tell it by."""


def _share(term: StructuredTerm, k: int, residual: np.ndarray, total: float) -> float:
    """Share of the total variance of one working column, by moments between levels."""
    z = term.Z[:, k]
    between = np.bincount(term.codes, residual * z, term.n_levels)
    size = np.bincount(term.codes, z * z, term.n_levels)
    spread = float(size @ size) - float(size.sum())
    if np.bincount(term.codes, z != 0.0).max() < 2:
        return UNTOLD
    excess = float(between @ between) / total - float(size.sum())
    return excess / spread if spread > 0 else UNTOLD


def start_values(terms: list[StructuredTerm], residual: np.ndarray, n_params: int) -> np.ndarray:
    """Variance parameters from sums of squares between levels; zeros elsewhere, ``(n_params,)``.

    Parameters
    ----------
    residual : ndarray of shape (n,)
        Weighted least-squares residual.
    """
    total = float(residual @ residual) / len(residual)
    shares = [np.array([_share(t, k, residual, total) for k in range(t.q)]) for t in terms]
    flat = np.clip(np.concatenate([np.zeros(0), *shares]), 0.02, 0.99)
    within = max(1.0 - flat.sum(), 0.1)
    out = np.zeros(n_params)
    for term, share in zip(terms, shares, strict=True):
        out[term.params] = term.slope.start(np.sqrt(np.clip(share, 0.02, 0.99) / within))
    return out
