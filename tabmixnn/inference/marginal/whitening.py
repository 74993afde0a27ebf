"""Columns of a random-effects term in the units that the optimiser works in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .smallblocks import reverse_cholesky

if TYPE_CHECKING:
    from .terms import Block


def whitening_of(gram: np.ndarray, correlated: bool) -> np.ndarray | None:
    """Whitening from ``Z'Z / n``: its triangular root, or that of its diagonal.

    Returns
    -------
    ndarray of shape (q, q) or None
        None where the columns are so nearly aliased that their cross-product cannot tell.
    """
    scale = column_scale(gram)
    if not correlated or len(gram) == 1:
        return np.diag(scale)
    if np.linalg.eigvalsh(gram / np.outer(scale, scale))[0] > 1e-6:
        return reverse_cholesky(gram)
    return None


def column_scale(gram: np.ndarray) -> np.ndarray:
    """Root mean squares ``(q,)`` of the columns, one for a column of zeros."""
    scale = np.sqrt(np.diagonal(gram))
    return np.where(scale > 0, scale, 1.0)


def _whitening(Z: np.ndarray, correlated: bool) -> np.ndarray:
    """Lower triangular ``L`` with ``L'L = Z'Z / n``, or its diagonal if columns are aliased."""
    n = len(Z)
    gram = Z.T @ Z / n
    found = whitening_of(gram, correlated)
    if found is not None:
        return found
    # A slope far from its origin: the rows have digits that their cross-product has lost.
    scale = column_scale(gram)
    root = np.linalg.qr(Z[:, ::-1], mode="r") / np.sqrt(n)
    root = (root * np.sign(np.diagonal(root))[:, None])[::-1, ::-1]
    if (np.diagonal(root) > 1e-10 * scale).all():
        return root
    return np.diag(scale)


def working_columns(
    block: Block, root_weights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Whitened and weighted columns of a term, the whitening, and whether they are ones."""
    Z = np.asarray(block.Z, dtype=float)
    if Z.shape[1] == 1 and bool((Z == 1.0).all()) and root_weights is None:
        return Z, np.ones((1, 1)), True
    if root_weights is not None:
        Z = Z * root_weights[:, None]
    whitening = _whitening(Z, block.correlated)
    return Z @ np.linalg.inv(whitening), whitening, False
