"""Batched algebra on stacks of small symmetric positive definite blocks."""

from __future__ import annotations

import functools

import numpy as np

from .profiled import CriterionError

INDEXED_SIZE = 256
"""Up to this size a list of places beats a mask, and is small enough to keep."""


def inverse_and_logdet(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse and log-determinant of each block.

    Closed forms for one and two rows: LAPACK costs more to call than to compute there.

    Parameters
    ----------
    blocks : ndarray of shape (G, q, q)
        Symmetric positive definite.

    Returns
    -------
    inverse : ndarray of shape (G, q, q)
    logdet : ndarray of shape (G,)

    Raises
    ------
    CriterionError
        A block of three rows or more is not positive definite.
    """
    size = blocks.shape[-1]
    if size == 1:
        return 1.0 / blocks, np.log(blocks[:, 0, 0])
    if size == 2:
        a, b, c = blocks[:, 0, 0], blocks[:, 1, 0], blocks[:, 1, 1]
        det = a * c - b * b
        inverse = np.empty_like(blocks)
        inverse[:, 0, 0] = c
        inverse[:, 1, 1] = a
        inverse[:, 0, 1] = inverse[:, 1, 0] = -b
        inverse /= det[:, None, None]
        return inverse, np.log(det)
    try:
        lower = np.linalg.cholesky(blocks)
    except np.linalg.LinAlgError as error:
        raise CriterionError("a level's block is not positive definite") from error
    logdet = 2.0 * np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    return np.linalg.inv(blocks), logdet


@functools.lru_cache(maxsize=16)
def _strict_lower(size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.tril_indices(size, -1)


def mirror(upper: np.ndarray) -> np.ndarray:
    """Symmetric matrices from their upper triangles.

    Parameters
    ----------
    upper : ndarray of shape (..., m, m)
        What lies below the diagonal is ignored.
    """
    size = upper.shape[-1]
    if size <= INDEXED_SIZE:
        rows, cols = _strict_lower(size)
        out = upper.copy()
        out[..., rows, cols] = upper[..., cols, rows]
        return out
    out = np.triu(upper)
    out += np.triu(out, 1).swapaxes(-1, -2)
    return out


def reverse_cholesky(gram: np.ndarray) -> np.ndarray:
    """Lower triangular ``L`` with ``L' L = gram`` (the factor that keeps triangles triangular)."""
    flipped = np.linalg.cholesky(gram[::-1, ::-1])
    return flipped[::-1, ::-1].T.copy()


def canonical_factor(factor: np.ndarray) -> np.ndarray:
    """Lower triangular factor ``(q, q)`` of the same covariance, its diagonal not negative."""
    diagonal = np.diagonal(factor)
    if (diagonal == 0.0).any():
        return semidefinite_cholesky(factor @ factor.T)
    return factor * np.sign(diagonal)


def semidefinite_cholesky(cov: np.ndarray, tol: float = 1e-12) -> np.ndarray:
    """Lower Cholesky factor of a positive semi-definite matrix, columns of null pivots zero.

    Parameters
    ----------
    cov : ndarray of shape (q, q)
    tol : float
        A pivot below ``tol`` times its diagonal entry counts as zero.
    """
    size = len(cov)
    work = np.array(cov, dtype=float)
    diag = np.diagonal(cov).copy()
    out = np.zeros_like(work)
    for j in range(size):
        if work[j, j] <= tol * diag[j] or work[j, j] <= 0.0:
            continue
        out[j:, j] = work[j:, j] / np.sqrt(work[j, j])
        work[j:, j:] -= np.outer(out[j:, j], out[j:, j])
    return out
