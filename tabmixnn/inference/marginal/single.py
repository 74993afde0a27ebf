"""The criterion of a model with one grouping factor: everything happens level by level."""

from __future__ import annotations

import numpy as np

from .fixed import FixedBasis
from .information import average_information, direction_effects
from .profiled import Profiled, profile_fixed
from .smallblocks import inverse_and_logdet
from .terms import Grouping

DENSE_PRODUCTS = 1 << 18
"""Products of a level's cross-products are formed once while they take fewer numbers than this."""


def _classes(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Index of the first level with each distinct block, and the class of every level."""
    flat = A.reshape(len(A), -1)
    key = flat[:, 0] if flat.shape[1] == 1 else flat @ np.sqrt(np.arange(2.0, flat.shape[1] + 2.0))
    _, first, classes = np.unique(key, return_index=True, return_inverse=True)
    if len(first) < len(A) and not np.array_equal(flat[first[classes]], flat):
        return np.arange(len(A)), np.arange(len(A))
    return first, classes


class SingleGrouping:
    """Profiled deviance and its gradient for one grouping factor.

    Levels whose ``Z_g'WZ_g`` agree share all the algebra, so a balanced design of any size costs
    one small block per evaluation, and a random intercept one block per distinct group size.

    Parameters
    ----------
    groupings : list of one Grouping
    fixed : FixedBasis
        Weighted ``[X, y]`` of its rows.
    """

    def __init__(self, groupings: list[Grouping], fixed: FixedBasis) -> None:
        (grouping,) = groupings
        self.grouping = grouping
        self.A = grouping.gram()
        self.B = grouping.cross(fixed.D)
        self.C = fixed.gram
        G, q, d = self.B.shape
        first, classes = _classes(self.A)
        self._products = None
        self._A, self._counts, self._B = self.A, None, self.B
        n_classes = len(first)
        small = n_classes * (q * d) ** 2 <= DENSE_PRODUCTS
        if small or n_classes * q * d <= G:
            self._A = self.A[first]
            self._counts = np.bincount(classes, minlength=n_classes).astype(float)
            self._products = self._class_products(classes, n_classes)

    def _class_products(self, classes: np.ndarray, n_classes: int) -> np.ndarray:
        """Sums over the levels of each class of ``B_gk B_gl'``, ``(C q q, d d)``."""
        G, q, d = self.B.shape
        rows = self.B.reshape(G, q * d)
        if n_classes == G:
            order = np.argsort(classes)
            sums = rows[order, :, None] * rows[order, None, :]
        else:
            order = np.argsort(classes, kind="stable")
            ends = np.cumsum(np.bincount(classes, minlength=n_classes))
            sums = np.empty((n_classes, q * d, q * d))
            for c, end in enumerate(ends):
                part = rows[order[end - int(self._counts[c]) : end]]
                np.matmul(part.T, part, out=sums[c])
        sums = sums.reshape(n_classes, q, d, q, d).transpose(0, 1, 3, 2, 4)
        return np.ascontiguousarray(sums).reshape(n_classes * q * q, d * d)

    def _schur(self, M: np.ndarray) -> np.ndarray:
        d = len(self.C)
        if self._products is not None:
            return self.C - (M.reshape(-1) @ self._products).reshape(d, d)
        MB = np.matmul(M, self._B)
        return self.C - self._B.reshape(-1, d).T @ MB.reshape(-1, d)

    def _schur_adjoint(self, E: np.ndarray) -> np.ndarray:
        if self._products is not None:
            return -(self._products @ E.reshape(-1)).reshape(self._A.shape)
        return -np.matmul(self._B @ E, self._B.transpose(0, 2, 1))

    def evaluate(
        self,
        factors: list[np.ndarray],
        n_resid: int,
        reml: bool,
        sigma: float | None = None,
        directions: list[np.ndarray] | None = None,
    ) -> tuple[float, list[np.ndarray], Profiled]:
        """Criterion, its gradient with respect to the factor, and the profiled part.

        Parameters
        ----------
        factors : list of one ndarray of shape (q, q)
            Working relative covariance factor ``T``.
        n_resid : int
        reml : bool
        sigma : float, optional
        directions : list of one ndarray of shape (k, q, q), optional
            Derivatives of the factor; their average information is then left in
            ``profiled.information``.
        """
        T, A, counts = factors[0], self._A, self._counts
        H = T.T @ A @ T
        diagonal = np.arange(len(T))
        H[:, diagonal, diagonal] += 1.0
        H_inverse, logdets = inverse_and_logdet(H)
        logdet = logdets.sum() if counts is None else counts @ logdets
        Q = H_inverse @ T.T
        M = T @ Q
        profiled = profile_fixed(self._schur(M), n_resid, reml, sigma)
        # d log|H_g| = 2 tr(Q A dT) and dM = 2 sym((I - M A)' dT Q), summed over the levels.
        inner = self._schur_adjoint(profiled.adjoint)
        inner -= A @ M @ inner
        weights = A if counts is None else A * counts[:, None, None]
        inner += weights
        grad = 2.0 * np.tensordot(inner, Q, axes=([0, 2], [0, 2]))
        if directions is not None:
            profiled.information = self._information(T, directions[0], profiled)
        return float(logdet) + profiled.value, [grad], profiled

    def _relative_variance(self, T: np.ndarray) -> np.ndarray:
        """``T (T'A_gT + I)^-1 T'`` of every level, ``(G, q, q)``."""
        H = T.T @ self.A @ T
        H += np.eye(len(T))
        return T @ (inverse_and_logdet(H)[0] @ T.T)

    def _information(self, T: np.ndarray, direction: np.ndarray, profiled: Profiled) -> np.ndarray:
        """Average information ``(k, k)``, see :func:`average_information`."""
        M = self._relative_variance(T)
        score = (self.B @ np.append(-profiled.gamma, 1.0))[:, :, None]
        score = score - self.A @ (M @ score)
        part = direction_effects(T, direction, score[:, :, 0])
        h = self.A @ part
        rest = part - M @ h
        scores = np.einsum("gk,gka->a", score[:, :, 0], part)
        inner = np.tensordot(h, rest, axes=([0, 1], [0, 1]))
        by_x = np.tensordot(self.B[:, :, :-1], rest, axes=([0, 1], [0, 1]))
        return average_information(inner, by_x, scores, profiled)

    def moments(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Diagonal of ``Z'WZ`` and ``Z'Wr`` of every level, ``(G, q)`` each, one pair."""
        return [(np.diagonal(self.A, axis1=1, axis2=2), self.B[:, :, -1])]

    def conditional_modes(self, factors: list[np.ndarray], profiled: Profiled) -> list[np.ndarray]:
        """Working conditional modes ``b``, one ``(G, q)`` array."""
        M = self._relative_variance(factors[0])
        residual = self.B[:, :, -1] - self.B[:, :, :-1] @ profiled.gamma
        return [np.einsum("gkl,gl->gk", M, residual)]

    def conditional_variances(self, factors: list[np.ndarray]) -> list[np.ndarray]:
        """Conditional covariances over ``sigma^2``, one ``(G, q, q)`` array."""
        return [self._relative_variance(factors[0])]
