"""Conditional covariances of the random effects."""

from __future__ import annotations

import numpy as np

from .crossed import CrossedGroupings
from .elimination import Elimination
from .gram import RandomGram
from .single import SingleGrouping
from .smallblocks import inverse_and_logdet


def relative_blocks(elimination: Elimination) -> list[np.ndarray]:
    """Blocks of ``Lambda H^-1 Lambda'`` of every level of every grouping, ``(G, q, q)`` each."""
    gram = elimination.gram
    if not gram.m:
        return [elimination.M]
    inner = gram.coupling.adjoint(elimination.tail_M)
    out = [elimination.M + elimination.M @ inner @ elimination.M]
    for i, grouping in enumerate(gram.rest):
        q = grouping.size
        places = gram.offsets[i] + q * np.arange(grouping.n_levels)
        rows = places[:, None, None] + np.arange(q)[:, None]
        cols = places[:, None, None] + np.arange(q)
        out.append(elimination.tail_M[rows, cols])
    return out


def conditional_variances(
    core: SingleGrouping | CrossedGroupings, factors: list[np.ndarray]
) -> list[np.ndarray]:
    """Conditional covariances relative to ``sigma^2``, in working coordinates."""
    gram: RandomGram | None = getattr(core, "gram", None)
    if gram is not None:
        return relative_blocks(Elimination(gram, factors))
    T = factors[0]
    H = T.T @ core.A @ T + np.eye(len(T))
    return [T @ inverse_and_logdet(H)[0] @ T.T]
