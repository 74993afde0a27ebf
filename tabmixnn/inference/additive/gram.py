"""Cross-products: all that the likelihood needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.matrices import Codes, Matrices, level_products

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gram:
    """Weighted cross-products of n rows; D stands for ``[R S X y - X beta_0]``, d + 1 columns.

    Attributes
    ----------
    own : ndarray, shape (n_levels, q, k)
        ``Z' W Z`` level by level, with q = k; by rows, these themselves, ``W^(1/2) Z``
        (`Matrices.by_level`).
    cross : ndarray, shape (n_levels, q, d + 1)
        Likewise of D.
    start : ndarray, shape (p,)
        Fixed effects ``beta_0`` taken off the response: the restricted likelihood does not change,
        and cross-products do not lose digits to the mean of y.
    slots : ndarray or None
        By rows, which of the n_levels q places have one, in order; None by effects.
    side : ndarray, shape (d + 1, d + 1)
        ``D' W D``.
    n : int
        Rows.
    log_weights : float
        Sum of the weights' logarithms.
    """

    own: Array
    cross: Array
    side: Array
    start: Array
    slots: Codes | None
    n: int
    log_weights: float

    @classmethod
    def of(cls, matrices: Matrices, y: Array, weights: Array) -> Gram:
        """Multiply the rows out.

        Parameters
        ----------
        matrices : Matrices
            n rows, every one of a known level.
        y, weights : ndarray, shape (n,)
        """
        start = _constant_fit(matrices.X, y)
        column = (y - matrices.X @ start)[:, None]
        S = matrices.S
        weighted = S.multiply(weights[:, None]).tocsr()
        dense = np.hstack([matrices.R, matrices.X, column])
        half = dense * np.sqrt(weights)[:, None]
        product = half.T @ half  # one array and itself: half of the work is saved
        r = matrices.R.shape[1]
        mixed = np.asarray(weighted.T @ dense)
        side = np.block(
            [
                [product[:r, :r], mixed[:, :r].T, product[:r, r:]],
                [mixed[:, :r], (weighted.T @ S).toarray(), mixed[:, r:]],
                [product[r:, :r], mixed[:, r:].T, product[r:, r:]],
            ]
        )
        of_dense, of_sparse = matrices.by_level(weights, dense), matrices.by_level(weights, S)
        root = matrices.Z * np.sqrt(weights)[:, None]
        return cls(
            own=(
                matrices.by_level(weights, matrices.Z)
                if matrices.by_rows
                else level_products(root, root, matrices.codes, matrices.n_levels)
            ),
            cross=np.concatenate([of_dense[..., :r], of_sparse, of_dense[..., r:]], axis=2),
            side=side,
            start=start,
            slots=np.sort(matrices.slots) if matrices.by_rows else None,
            n=len(y),
            log_weights=float(np.log(weights).sum()),
        )


def _constant_fit(X: Array, y: Array) -> Array:
    """Return fixed effects, shape (p,), that give the mean of y by X's first constant column."""
    start = np.zeros(X.shape[1])
    for column in np.flatnonzero((X[0] == X).all(axis=0) & (X[0] != 0.0))[:1]:
        start[column] = y.mean() / X[0, column]
    return start
