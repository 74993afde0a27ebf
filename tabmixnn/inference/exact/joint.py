"""What a fit leaves unknown of fixed and random effects together.

With ``V(u | y, beta) = sigma^2 M`` and ``u_hat = M Z'W (y - X beta_hat)`` the error of
``x'beta_hat + z'u_hat`` has the variance ``sigma^2 z'M z + t'V_beta t``, ``t = x - X'W Z M z``
(Henderson 1975).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

DENSE = 5000
"""Effects up to which the inverse of their precision is kept whole."""
ROWS = 256


class JointEffects(ABC):
    """Errors of linear predictors of rows.

    Parameters
    ----------
    blocks : sequence of RandomBlock
        The training rows' terms.
    factors : sequence of ndarray, shape (q, q)
        Relative covariance factor of each.
    X : ndarray, shape (n, p)
        Columns whose coefficients are estimated.
    weights : ndarray, shape (n,)
    """

    def __init__(
        self,
        blocks: Sequence[Any],
        factors: Sequence[np.ndarray],
        X: np.ndarray,
        weights: np.ndarray,
    ) -> None:
        self.factors = factors
        root = np.sqrt(weights)[:, None]
        columns = [block.Z @ factor * root for block, factor in zip(blocks, factors, strict=True)]
        self._prepare([block.codes for block in blocks], columns, X * root)

    def spherical(self, blocks: Sequence[Any]) -> list[np.ndarray]:
        """Return the columns of new rows, zero for levels that are not known, (m, q) a term."""
        return [
            np.where(block.codes[:, None] < 0, 0.0, block.Z @ factor)
            for block, factor in zip(blocks, self.factors, strict=True)
        ]

    @abstractmethod
    def _prepare(self, codes: list[np.ndarray], columns: list[np.ndarray], X: np.ndarray) -> None:
        """Factorise the precision of the spherical effects."""

    @abstractmethod
    def of_rows(self, blocks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        """Return ``z'M z``, shape (m,), and ``X'W Z M z``, shape (m, p), of new rows."""


class OneFactor(JointEffects):
    """All terms have the same grouping factor: levels are independent given beta."""

    def _prepare(self, codes: list[np.ndarray], columns: list[np.ndarray], X: np.ndarray) -> None:
        Z, n_levels = np.hstack(columns), int(codes[0].max()) + 1
        indicator = sparse.csr_array(
            (np.ones(len(Z)), (codes[0], np.arange(len(Z)))), shape=(n_levels, len(Z))
        )
        Q, p = Z.shape[1], X.shape[1]
        products = (Z[:, :, None] * Z[:, None, :]).reshape(len(Z), -1)
        products = (indicator @ products).reshape(n_levels, Q, Q)
        crossed = (indicator @ (X[:, :, None] * Z[:, None, :]).reshape(len(Z), -1)).reshape(
            n_levels, p, Q
        )
        self._invert(products, crossed)

    @classmethod
    def of_sums(
        cls, factors: Sequence[np.ndarray], products: np.ndarray, crossed: np.ndarray
    ) -> OneFactor:
        """Return the errors from sums over the rows of every level.

        Parameters
        ----------
        factors : sequence of ndarray, shape (q, q)
            Relative covariance factor of each term.
        products, crossed : ndarray, shapes (G, Q, Q) and (G, p, Q)
            Cross-products of the terms' columns times their factors, and of the columns of X with
            these.
        """
        joint = cls.__new__(cls)
        joint.factors = factors
        joint._invert(products, crossed)
        return joint

    def _invert(self, products: np.ndarray, crossed: np.ndarray) -> None:
        self.inverse = np.linalg.inv(products + np.eye(products.shape[2]))
        self.pull = crossed @ self.inverse

    def of_rows(self, blocks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        z = np.hstack(self.spherical(blocks))
        codes = np.maximum(blocks[0].codes, 0)
        quadratic = np.einsum("nk,nkm,nm->n", z, self.inverse[codes], z)
        return quadratic, np.einsum("npk,nk->np", self.pull[codes], z)


class SeveralFactors(JointEffects):
    """Crossed or nested factors, whose effects depend on each other given the data."""

    def _prepare(self, codes: list[np.ndarray], columns: list[np.ndarray], X: np.ndarray) -> None:
        self.sizes = [
            (int(each.max()) + 1) * part.shape[1] for each, part in zip(codes, columns, strict=True)
        ]
        Z = self._rows(codes, columns)
        precision = (Z.T @ Z + sparse.eye_array(Z.shape[1])).tocsc()
        self.solve = splu(precision).solve
        self.pull = self.solve(Z.T @ X).T
        self.inverse = None
        if precision.shape[0] <= DENSE:
            self.inverse = np.linalg.inv(precision.toarray())

    def _rows(self, codes: list[np.ndarray], columns: list[np.ndarray]) -> sparse.csr_array:
        parts = []
        for each, values, size in zip(codes, columns, self.sizes, strict=True):
            n, q = values.shape
            at = np.maximum(each, 0)[:, None] * q + np.arange(q)
            index = (np.repeat(np.arange(n), q), at.ravel())
            parts.append(sparse.csr_array((values.ravel(), index), shape=(n, size)))
        return sparse.hstack(parts, format="csr")

    def of_rows(self, blocks: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
        Z = self._rows([block.codes for block in blocks], self.spherical(blocks))
        quadratic = np.empty(Z.shape[0])
        for start in range(0, Z.shape[0], ROWS):
            part = Z[start : start + ROWS]
            known = self.inverse is not None
            moved = part @ self.inverse if known else self.solve(part.T.toarray()).T
            quadratic[start : start + ROWS] = part.multiply(moved).sum(axis=1)
        return quadratic, Z @ self.pull.T


def joint_effects(
    blocks: Sequence[Any], factors: Sequence[np.ndarray], X: np.ndarray, weights: np.ndarray
) -> JointEffects:
    """Return the errors of a fit with independent levels; see `JointEffects`."""
    same = all(np.array_equal(block.codes, blocks[0].codes) for block in blocks)
    cls = OneFactor if same else SeveralFactors
    return cls(blocks, factors, X, weights)
