"""Cross-products: all that the likelihood needs of the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tabmixnn.inference.additive.matrices import Matrices, level_products

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gram:
    """Weighted cross-products of n rows; D stands for ``[R S X y]`` with d + 1 columns.

    Attributes
    ----------
    own : ndarray, shape (n_levels, k, k)
        ``Z' W Z`` level by level.
    cross : ndarray, shape (n_levels, k, d + 1)
        ``Z' W D``.
    side : ndarray, shape (d + 1, d + 1)
        ``D' W D``.
    n : int
        Rows of positive weight.
    log_weights : float
        Sum of the weights' logarithms.
    """

    own: Array
    cross: Array
    side: Array
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
        column = y[:, None]
        S = matrices.S
        weighted = S.multiply(weights[:, None]).tocsr()
        dense = np.hstack([matrices.R, matrices.X, column])
        product = (dense * weights[:, None]).T @ dense
        r = matrices.R.shape[1]
        mixed = np.asarray(weighted.T @ dense)
        side = np.block(
            [
                [product[:r, :r], mixed[:, :r].T, product[:r, r:]],
                [mixed[:, :r], (weighted.T @ S).toarray(), mixed[:, r:]],
                [product[r:, :r], mixed[:, r:].T, product[r:, r:]],
            ]
        )
        k, levels = matrices.n_own, matrices.n_levels
        cross = np.zeros((levels, k, len(side)))
        if k:
            of_dense = matrices.project_own(weights, dense)
            of_sparse = (matrices.own.T @ weighted).toarray().reshape(levels, k, -1)
            cross = np.concatenate([of_dense[..., :r], of_sparse, of_dense[..., r:]], axis=2)
        root = matrices.Z * np.sqrt(weights)[:, None]
        return cls(
            own=level_products(root, root, matrices.codes, levels),
            cross=cross,
            side=side,
            n=len(y),
            log_weights=float(np.log(weights).sum()),
        )
