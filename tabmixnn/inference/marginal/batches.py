"""Rows in batches, and columns in which their sums keep their digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from .terms import Block
from .whitening import column_scale, working_columns


class Batch(NamedTuple):
    """Some rows.

    Attributes
    ----------
    X : ndarray of shape (b, p)
    y : ndarray of shape (b,)
        Response, offset included.
    offset : ndarray of shape (b,)
    blocks : sequence of blocks
        Of the b rows, the same terms in every batch.
    weights : ndarray of shape (b,) or None
    """

    X: np.ndarray
    y: np.ndarray
    offset: np.ndarray
    blocks: Sequence[Block]
    weights: np.ndarray | None

    @property
    def response(self) -> np.ndarray:
        """Response less its offset."""
        return self.y - self.offset

    @property
    def root_weights(self) -> np.ndarray | None:
        """Square roots of the weights."""
        return None if self.weights is None else np.sqrt(self.weights)

    @property
    def weighted(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns, (b, p), and response less its offset, (b,), times the roots of the weights."""
        X, y, root = self.X, self.response, self.root_weights
        return (X, y) if root is None else (X * root[:, None], y * root)


@dataclass(frozen=True)
class Basis:
    """Columns in which rows are summed.

    Attributes
    ----------
    kept : ndarray of shape (k,)
        Columns of ``X``.
    root : ndarray of shape (k, k)
        Upper triangular ``R``; the columns are ``[X R^-1, y - X beta]``.
    beta : ndarray of shape (k,)
    whitenings : list of ndarray of shape (q, q)
        Of each term.
    """

    kept: np.ndarray
    root: np.ndarray
    beta: np.ndarray
    whitenings: list[np.ndarray]

    @classmethod
    def of_sample(cls, sample: Batch) -> Basis:
        """Guess a basis from some rows, which need not have the rank of all."""
        X, y = sample.weighted
        p = X.shape[1]
        gram = X.T @ X
        scale = column_scale(gram)
        # What the sample does not tell apart, or has not at all, gets a little of its own.
        relative = gram / np.outer(scale, scale) + 1e-6 * np.eye(p)
        root = np.linalg.cholesky(relative).T * scale if p else gram
        inner = solve_triangular(root, X.T @ y, trans="T") if p else np.zeros(0)
        beta = solve_triangular(root, inner) if p else inner
        whitenings = [working_columns(b, sample.root_weights)[1] for b in sample.blocks]
        return cls(np.arange(p), root, beta, whitenings)
