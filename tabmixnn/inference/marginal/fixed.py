"""The fixed-effects design: rank, and a basis in which cross-products keep their digits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import solve_triangular

from tabmixnn.caller import warn_caller

from .conditions import DesignError, RankDeficientWarning

CHUNK = 1 << 16
RANK_TOL = 1e-7
"""A column whose part outside the columns before it is shorter than this is aliased (R's qr)."""
ROUNDING = 1e-13
"""Variation beside the mean up to which a column may be constant but for rounding."""
CLEAR_RANK = 1e-4
"""Above this share the cross-product itself decides; it loses half the digits."""


@dataclass
class FixedBasis:
    """The basis of the weighted columns ``[X R^-1, y - X beta_0]`` of the fixed part.

    ``X R^-1`` has orthonormal columns and ``beta_0`` is the least-squares solution, so later
    cross-products neither lose digits to the scale of a column nor to the mean of ``y``. What
    has these columns, row by row or only their cross-product, has ``n``, ``gram`` and ``D``.

    Attributes
    ----------
    kept : ndarray of shape (p,)
        Columns of ``X`` that are estimated.
    root : ndarray of shape (p, p)
        Upper triangular ``R``.
    beta_start : ndarray of shape (p,)
        Least-squares coefficients.
    """

    kept: np.ndarray
    root: np.ndarray
    beta_start: np.ndarray

    @property
    def rank(self) -> int:
        """Number of estimated coefficients."""
        return len(self.kept)

    def coefficients(self, gamma: np.ndarray) -> np.ndarray:
        """Coefficients of ``X`` from those of the orthonormal columns."""
        return self.beta_start + solve_triangular(self.root, gamma)


@dataclass
class FixedPart(FixedBasis):
    """The weighted columns of the fixed part, row by row.

    Attributes
    ----------
    D : ndarray of shape (n, p + 1)
    """

    D: np.ndarray

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.D)

    @cached_property
    def gram(self) -> np.ndarray:
        """Cross-product ``(p + 1, p + 1)`` of the columns."""
        return self.D.T @ self.D


def _chunks(n: int) -> Iterator[slice]:
    for start in range(0, n, CHUNK):
        yield slice(start, min(start + CHUNK, n))


def _weighted(X: np.ndarray, rows: slice, root_weights: np.ndarray | None) -> np.ndarray:
    part = X[rows]
    return part if root_weights is None else part * root_weights[rows, None]


def independent_columns(tall: np.ndarray) -> np.ndarray:
    """Columns that stay when each one that its predecessors determine is dropped."""
    work = np.array(tall, dtype=float)
    length = np.linalg.norm(work, axis=0)
    kept = []
    for j in range(work.shape[1]):
        rest = np.linalg.norm(work[:, j])
        if rest <= RANK_TOL * length[j] or length[j] == 0.0:
            continue
        kept.append(j)
        direction = work[:, j] / rest
        work[:, j + 1 :] -= np.outer(direction, direction @ work[:, j + 1 :])
    return np.array(kept, dtype=int)


def _stacked_qr(X: np.ndarray, root_weights: np.ndarray | None) -> np.ndarray:
    upper = np.empty((0, X.shape[1]))
    for rows in _chunks(len(X)):
        upper = np.linalg.qr(np.vstack([upper, _weighted(X, rows, root_weights)]), mode="r")
    return upper


def column_rank(X: np.ndarray, root_weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns of ``X`` and the triangular root of their cross-product.

    The cross-product decides clear cases; only a doubtful one pays for a QR of the rows.

    Returns
    -------
    kept : ndarray of int
    root : ndarray of shape (len(kept), len(kept))
    """
    p = X.shape[1]
    gram = np.zeros((p, p))
    for rows in _chunks(len(X)):
        part = _weighted(X, rows, root_weights)
        gram += part.T @ part
    scale = np.sqrt(np.diagonal(gram))
    if p == 0:
        return np.arange(0), gram
    if scale.min() > 0:
        try:
            root = np.linalg.cholesky(gram / np.outer(scale, scale)).T
        except np.linalg.LinAlgError:
            root = np.zeros((p, p))
        if np.diagonal(root).min() > CLEAR_RANK:
            return np.arange(p), root * scale
    upper = _stacked_qr(X, root_weights)
    kept = independent_columns(upper)
    return kept, signed_root(upper[:, kept])


def signed_root(tall: np.ndarray) -> np.ndarray:
    """Triangular root of the cross-product of independent columns, with a positive diagonal."""
    root = np.linalg.qr(tall, mode="r")
    return root * np.sign(np.diagonal(root))[:, None]


def warn_of_dropped(names: Sequence[str], kept: np.ndarray, X: np.ndarray) -> None:
    """Warn of the columns that are not kept, by name, and say how to keep what is not constant.

    Parameters
    ----------
    names : sequence of str, length p
    kept : ndarray of int
    X : ndarray, shape (n, p)
        Rows from all over.
    """
    dropped = np.setdiff1d(np.arange(len(names)), kept)
    far = [names[j] for j in dropped if is_far_from_zero(X[:, j])]
    advice = ""
    if far:
        advice = (
            f"; {', '.join(far)} hardly varies beside the size of its mean, as seconds since 1970 "
            "do, and is taken for constant: subtract the mean, such as by "
            f"scale({far[0]}) in a formula"
        )
    warn_caller(
        f"fixed-effect model matrix is rank deficient so dropping {len(dropped)} "
        f"column{'s' * (len(dropped) > 1)}: {', '.join(names[j] for j in dropped)}{advice}",
        RankDeficientWarning,
    )


def constant_columns(X: np.ndarray) -> np.ndarray:
    """Return which columns have one value, other than zero, in all rows of X, (n, p)."""
    return (np.ptp(X, axis=0) == 0.0) & (X[0] != 0.0)


def is_far_from_zero(column: np.ndarray) -> bool:
    """Return whether a column varies, beyond rounding, by less than the tolerance of its mean."""
    centre = abs(column.mean())
    return bool(ROUNDING * centre < column.std() <= RANK_TOL * centre)


def independent_part(
    X: np.ndarray, root_weights: np.ndarray | None, names: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Drop aliased columns with a warning that names them.

    Returns
    -------
    X : ndarray of shape (n, rank)
    kept : ndarray of shape (rank,)
    root : ndarray of shape (rank, rank)
        Upper triangular, ``X W^1/2 = Q root`` with orthonormal ``Q``.

    Raises
    ------
    DesignError
        There are not more rows than independent columns.
    """
    n, p = X.shape
    kept, root = column_rank(X, root_weights)
    if len(kept) < p:
        warn_of_dropped(names, kept, X)
        X = X[:, kept]
    if n <= len(kept):
        raise DesignError(
            f"{n} rows cannot determine {len(kept)} fixed effects and a variance; leave "
            "predictors out, or use inference='auto', which holds up to 1,000 of them back beside "
            "an intercept"
        )
    return X, kept, root


def fixed_part(
    X: np.ndarray,
    y: np.ndarray,
    root_weights: np.ndarray | None,
    names: list[str],
) -> FixedPart:
    """Build the weighted, orthonormalised fixed part.

    Parameters
    ----------
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)
        Response less its offset.
    root_weights : ndarray of shape (n,), optional
    names : list of str
        Column names, for the message about dropped columns.
    """
    X, kept, root = independent_part(X, root_weights, names)
    n, rank = X.shape
    inverse = np.linalg.inv(root)
    D = np.empty((n, rank + 1))
    score = np.zeros(rank)
    for rows in _chunks(n):
        np.matmul(_weighted(X, rows, root_weights), inverse, out=D[rows, :rank])
        D[rows, rank] = y[rows] if root_weights is None else y[rows] * root_weights[rows]
        score += D[rows, :rank].T @ D[rows, rank]
    for rows in _chunks(n):
        D[rows, rank] -= D[rows, :rank] @ score
    return FixedPart(kept, root, inverse @ score, D)
